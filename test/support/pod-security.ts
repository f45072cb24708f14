import { allContainers, at, type Container, type PodSpec, type Problem } from "./manifests.ts";

/**
 * What of a pod breaks the Pod Security Standard `restricted`, which holds all of `baseline`.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/ (Kubernetes 1.35)
 */
export function restrictedProblems(pod: PodSpec): Problem[] {
  return [
    ...podProblems(pod),
    ...allContainers(pod).flatMap((container) => containerProblems(container, pod)),
  ];
}

/** Volume types that `restricted` knows; hostPath is not among them. */
const VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

const SAFE_SYSCTLS = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
];

const SELINUX_TYPES = [
  undefined,
  "",
  "container_t",
  "container_init_t",
  "container_kvm_t",
  "container_engine_t",
];

function podProblems(pod: PodSpec): Problem[] {
  const problems = ["hostNetwork", "hostPID", "hostIPC"]
    .filter((name) => pod[name] === true)
    .map((name) => `pod: ${name}`);
  for (const volume of list(pod.volumes)) {
    const { name, ...source } = volume;
    const type = Object.keys(source)[0] ?? "emptyDir";
    if (!VOLUMES.includes(type)) problems.push(`volume ${name}: ${type}`);
  }
  for (const { name } of list(at(pod, "securityContext", "sysctls"))) {
    if (!SAFE_SYSCTLS.includes(String(name))) problems.push(`pod: sysctl ${name}`);
  }
  if (at(pod, "securityContext", "runAsUser") === 0) problems.push("pod: runAsUser 0");
  return [...problems, ...contextProblems(pod.securityContext, "pod")];
}

function containerProblems(container: Container, pod: PodSpec): Problem[] {
  const context = container.securityContext;
  const own = (key: string) => at(context, key);
  const inherited = (key: string) => own(key) ?? at(pod.securityContext, key);
  const problems: string[] = [];
  if (own("privileged") === true) problems.push("privileged");
  if (own("allowPrivilegeEscalation") !== false) problems.push("allowPrivilegeEscalation is not false");
  if (inherited("runAsNonRoot") !== true) problems.push("runAsNonRoot is not true");
  if (own("runAsUser") === 0) problems.push("runAsUser 0");
  const seccomp = at(inherited("seccompProfile"), "type");
  if (seccomp !== "RuntimeDefault" && seccomp !== "Localhost")
    problems.push(`seccompProfile ${seccomp ?? "is not set"}`);
  if (!texts(at(context, "capabilities", "drop")).includes("ALL"))
    problems.push("capabilities: ALL not dropped");
  for (const added of texts(at(context, "capabilities", "add"))) {
    if (added !== "NET_BIND_SERVICE") problems.push(`capabilities: adds ${added}`);
  }
  if (![undefined, "Default"].includes(own("procMount") as string | undefined)) problems.push("procMount");
  for (const port of list(container.ports)) {
    if (port.hostPort) problems.push(`hostPort ${port.hostPort}`);
  }
  for (const handler of ["livenessProbe", "readinessProbe", "startupProbe"].map((key) => container[key])) {
    if (at(handler, "httpGet", "host") || at(handler, "tcpSocket", "host")) problems.push("probe of a host");
  }
  return [
    ...problems.map((problem) => `${container.name}: ${problem}`),
    ...contextProblems(context, container.name),
  ];
}

/** What a pod and a container can set alike. */
function contextProblems(context: unknown, where: string): Problem[] {
  const problems: string[] = [];
  if (at(context, "windowsOptions", "hostProcess") === true) problems.push("hostProcess");
  if (at(context, "seccompProfile", "type") === "Unconfined") problems.push("seccompProfile Unconfined");
  if (at(context, "appArmorProfile", "type") === "Unconfined") problems.push("appArmorProfile Unconfined");
  const selinux = at(context, "seLinuxOptions");
  if (!SELINUX_TYPES.includes(at(selinux, "type") as string | undefined))
    problems.push("seLinuxOptions.type");
  if (at(selinux, "user") || at(selinux, "role")) problems.push("seLinuxOptions user or role");
  return problems.map((problem) => `${where}: ${problem}`);
}

type Entry = Record<string, unknown>;
const list = (value: unknown): Entry[] => (Array.isArray(value) ? (value as Entry[]) : []);
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
