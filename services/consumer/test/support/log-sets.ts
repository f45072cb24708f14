/**
 * Labelled sets of log lines in the manner of the seven best-known sets for log parsers (HDFS, Apache, OpenSSH, Zookeeper,
 * Spark, Hadoop, Linux), in words of our own. The same seed gives the same lines.
 */

export interface LabelledLine {
  readonly text: string;
  /** The template it was made of. */
  readonly template: number;
}

/** Slots: what varies in a template. */
type Slot = (random: () => number) => string;

const integer =
  (least: number, most: number): Slot =>
  (random) =>
    String(least + Math.floor(random() * (most - least)));
const pick =
  (...words: string[]): Slot =>
  (random) =>
    words[Math.floor(random() * words.length)] ?? "";
const hex =
  (length: number): Slot =>
  (random) =>
    // A digit and a letter at least, as in nearly every real one.
    `${Array.from({ length: length - 2 }, () => "0123456789abcdef"[Math.floor(random() * 16)]).join("")}3f`;

const SLOTS: Record<string, Slot> = {
  n: integer(0, 100_000),
  ms: (random) => `${integer(1, 9_000)(random)}ms`,
  ip: (random) => `10.${integer(0, 255)(random)}.${integer(0, 255)(random)}.${integer(1, 255)(random)}`,
  addr: (random) =>
    `/10.250.${integer(0, 255)(random)}.${integer(1, 255)(random)}:${integer(1_024, 65_000)(random)}`,
  port: integer(1_024, 65_000),
  block: (random) => `blk_${random() < 0.5 ? "-" : ""}${integer(1e12, 9e12)(random)}`,
  user: pick("root", "admin", "guest", "oracle", "test", "backup", "ftp", "mysql"),
  host: pick("alpha", "bravo", "carol", "delta", "eagle"),
  path: (random) => `/var/data/${hex(4)(random)}/part-${integer(0, 99)(random)}`,
  hex: hex(16),
  time: (random) => `${integer(10, 23)(random)}:${integer(10, 59)(random)}:${integer(10, 59)(random)}`,
};

/** Templates of each set; the first ones are far more frequent, as everywhere. */
const SETS: Record<string, readonly string[]> = {
  hdfs: [
    "Receiving block {block} src: {addr} dest: {addr}",
    "PacketResponder {n} for block {block} terminating",
    "Received block {block} of size {n} from {addr}",
    "addStoredBlock: blockMap was updated: {addr} is added to {block} size {n}",
    "Verification succeeded for {block}",
    "Deleting block {block} file {path}",
    "allocateBlock: {path} {block}",
    "Unexpected error while deleting block {block}: info not in the volume map",
    "writeBlock {block} got an exception: connection reset by peer",
  ],
  apache: [
    "jk2_init() found child {n} in scoreboard slot {n}",
    "workerEnv.init() ok {path}",
    "mod_jk child workerEnv in error state {n}",
    "client {ip} directory index forbidden by rule: {path}",
    "client {ip} script not found or unable to stat: {path}",
    "jk2_init() cannot find child {n} in scoreboard",
  ],
  openssh: [
    "Failed password for invalid user {user} from {ip} port {port} ssh2",
    "Failed password for {user} from {ip} port {port} ssh2",
    "pam_unix(sshd:auth): check pass; user unknown",
    "Connection closed by {ip} [preauth]",
    "Received disconnect from {ip}: {n}: Bye Bye [preauth]",
    "reverse mapping checking getaddrinfo for {host} [{ip}] failed - POSSIBLE BREAK-IN ATTEMPT!",
    "Accepted password for {user} from {ip} port {port} ssh2",
    "error: maximum authentication attempts exceeded",
  ],
  zookeeper: [
    "Received connection request {addr}",
    "Interrupted while waiting for message on queue",
    "Connection broken for id {n}, my id = {n}, error =",
    "Closed socket connection for client {addr} which had sessionid 0x{hex}",
    "Expiring session 0x{hex}, timeout of {ms} exceeded",
    "Established session 0x{hex} with negotiated timeout {n} for client {addr}",
    "Notification time out: {n}",
    "Cannot open channel to {n} at election address {addr}",
  ],
  spark: [
    "Running task {n}.0 in stage {n}.0 (TID {n})",
    "Finished task {n}.0 in stage {n}.0 (TID {n}). {n} bytes result sent to driver",
    "Found block rdd_{n}_{n} locally",
    "Block broadcast_{n} stored as values in memory (estimated size {n} KB, free {n} KB)",
    "Started reading broadcast variable {n}",
    "Reading broadcast variable {n} took {n} ms",
    "Input split: {path}:{n}+{n}",
    "Saved output of task 'attempt_{n}_m_{n}' to {path}",
  ],
  hadoop: [
    "Progress of TaskAttempt attempt_{n}_m_{n} is : {n}",
    "Retrying connect to server: {host}{addr}. Already tried {n} time(s)",
    "Address change detected. Old: {host}{addr} New: {host}{addr}",
    "ERROR IN CONTACTING RM.",
    "Failed to renew lease for [DFSClient_NONMAPREDUCE_{n}_{n}] for {n} seconds. Will retry shortly ...",
    "Recalculating schedule, headroom={n}",
    "Ramping down all scheduled reduces:{n}",
    "Error writing history event: JobHistoryEvent {n}",
  ],
  linux: [
    "authentication failure; logname= uid={n} euid={n} tty=NODEVssh ruser= rhost={ip} user={user}",
    "session opened for user {user} by (uid={n})",
    "session closed for user {user}",
    "connection from {ip} () at {time}",
    "ALERT exited abnormally with [{n}]",
    "Kernel command line: ro root=LABEL={path}",
    "CPU {n} irqstacks, hard={hex} soft={hex}",
    "Out of memory: Killed process {n} ({host})",
  ],
};

export const LOG_SETS = Object.keys(SETS);

/** `count` lines of a set. */
export function logSet(name: string, count: number, seed = 1): LabelledLine[] {
  const templates = SETS[name];
  if (!templates) throw new RangeError(`log set: given ${name}, allowed ${LOG_SETS.join(", ")}`);
  const random = mulberry32(seed + name.length * 7_919);
  return Array.from({ length: count }, () => {
    const template = Math.floor(random() ** 2 * templates.length);
    const text = (templates[template] ?? "").replaceAll(
      /\{(\w+)\}/g,
      (_, slot: string) => SLOTS[slot]?.(random) ?? "",
    );
    return { text, template };
  });
}

/** A small generator of repeatable numbers from 0 to 1 (Tommy Ettinger's Mulberry32, public domain). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Loghub's grouping accuracy: the share of lines whose group has exactly the lines of their template. */
export function groupingAccuracy(templates: readonly number[], groups: readonly (string | number)[]): number {
  const byTemplate = indexesOf(templates);
  const byGroup = indexesOf(groups);
  let right = 0;
  for (const lines of byGroup.values()) {
    const [first = 0] = lines;
    const whole = byTemplate.get(templates[first] ?? -1) ?? [];
    const isExact = whole.length === lines.length && lines.every((line, place) => whole[place] === line);
    if (isExact) right += lines.length;
  }
  return right / templates.length;
}

function indexesOf<K>(keys: readonly K[]): Map<K, number[]> {
  const indexes = new Map<K, number[]>();
  for (const [index, key] of keys.entries()) {
    const list = indexes.get(key);
    if (list) list.push(index);
    else indexes.set(key, [index]);
  }
  return indexes;
}
