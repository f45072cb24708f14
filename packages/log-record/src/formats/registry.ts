import { accessLog, cloudFront, envoyAccess, uvicornAccess } from "./access-log.ts";
import { apacheError } from "./apache.ts";
import { javaVm, webLogic, webSphere } from "./app-servers.ts";
import { awsApiGateway, awsLambda, awsLambdaPlatform } from "./aws-lambda.ts";
import { awsLambdaJson } from "./aws-lambda-json.ts";
import { azure, azureText } from "./azure.ts";
import { bunyan } from "./bunyan.ts";
import { cali } from "./cali.ts";
import { caliLine } from "./cali-line.ts";
import { cef } from "./cef.ts";
import { cloudflareWorkers } from "./cloudflare.ts";
import { cloudTrail, eventBridge, route53, stepFunctions } from "./cloudtrail.ts";
import { cloudwatch } from "./cloudwatch.ts";
import { consola } from "./consola.ts";
import { container } from "./container.ts";
import { cppText } from "./cpp.ts";
import { crash } from "./crash.ts";
import {
  couchbase,
  couchDb,
  mongodbText,
  mysql,
  mysqlSlow,
  postgresql,
  postgresqlJson,
  postgresqlPrefixed,
  redis,
  sapHana,
  sqlServer,
} from "./databases.ts";
import { datadog, datadogAgent } from "./datadog.ts";
import { cisco, mikrotik, panOs, qbittorrent } from "./devices.ts";
import { dotnetConsole, dotnetJson, dotnetText } from "./dotnet.ts";
import { ecs } from "./ecs.ts";
import { eliot } from "./eliot.ts";
import { envoy } from "./envoy.ts";
import { gelf } from "./gelf.ts";
import { goText } from "./go.ts";
import { googleCloud, textPayload } from "./google-cloud.ts";
import { handWritten } from "./hand-written.ts";
import { ibmMq } from "./ibm-mq.ts";
import { javaText, julText } from "./java.ts";
import { journald } from "./journald.ts";
import { kibana } from "./kibana.ts";
import { klog, klogJson } from "./klog.ts";
import { kubernetesAudit, kubernetesEvent } from "./kubernetes-event.ts";
import { log4j2 } from "./log4j2.ts";
import { logback } from "./logback.ts";
import { logfmt } from "./logfmt.ts";
import { logrus } from "./logrus.ts";
import { logstash } from "./logstash.ts";
import { loguru } from "./loguru.ts";
import { mongodb } from "./mongodb.ts";
import { monolog } from "./monolog.ts";
import { nextcloud } from "./nextcloud.ts";
import { nginxError } from "./nginx.ts";
import { nodeText } from "./node.ts";
import { openTelemetry, otlp } from "./opentelemetry.ts";
import { openVpn } from "./openvpn.ts";
import { php } from "./php.ts";
import { pino } from "./pino.ts";
import { plain } from "./plain.ts";
import { pythonText } from "./python.ts";
import { pythonJsonLogger } from "./python-json-logger.ts";
import { roarr } from "./roarr.ts";
import { lograge, ruby } from "./ruby.ts";
import { rust } from "./rust.ts";
import { serilog } from "./serilog.ts";
import { slog } from "./slog.ts";
import { springBoot } from "./spring-boot.ts";
import { structlog } from "./structlog.ts";
import {
  auditd,
  blueGene,
  erlangReport,
  herokuError,
  julia,
  kernel,
  logcat,
  nagios,
  swiftLog,
} from "./system.ts";
import {
  collected,
  cri,
  heroku,
  prefixed,
  sdDaemon,
  stamped,
  syslog,
  timed,
  type Wrapper,
} from "./text-wrappers.ts";
import type { Envelope, JsonFormat, TextFormat } from "./types.ts";
import { winston } from "./winston.ts";
import { jsonPayload, list, loki, nested, shipped, splunk } from "./wrapped.ts";
import { windowsEvent, xmlLog } from "./xml.ts";
import { zap } from "./zap.ts";
import { zerolog } from "./zerolog.ts";

/** All of these are tried in order: what is more particular comes first. */
export const ENVELOPES: readonly Envelope[] = [
  cloudwatch,
  otlp,
  journald,
  jsonPayload,
  textPayload,
  azureText,
  splunk,
  loki,
  shipped,
  container,
  list,
  nested,
];

export const WRAPPERS: readonly Wrapper[] = [
  cri,
  collected,
  syslog,
  sdDaemon,
  heroku,
  prefixed,
  stamped,
  timed,
];

export const JSON_FORMATS: readonly JsonFormat[] = [
  cali,
  handWritten,
  kubernetesEvent,
  kibana,
  postgresqlJson,
  route53,
  eventBridge,
  azure,
  kubernetesAudit,
  stepFunctions,
  envoyAccess,
  cloudTrail,
  cloudflareWorkers,
  consola,
  dotnetJson,
  lograge,
  loguru,
  eliot,
  klogJson,
  roarr,
  nextcloud,
  bunyan,
  pino,
  ecs,
  logstash,
  openTelemetry,
  serilog,
  gelf,
  datadog,
  mongodb,
  logback,
  log4j2,
  monolog,
  awsLambdaJson,
  zap,
  slog,
  logrus,
  pythonJsonLogger,
  googleCloud,
  structlog,
  zerolog,
  winston,
];

export const TEXT_FORMATS: readonly TextFormat[] = [
  caliLine,
  crash,
  klog,
  springBoot,
  javaText,
  julText,
  webLogic,
  webSphere,
  javaVm,
  ibmMq,
  cppText,
  uvicornAccess,
  datadogAgent,
  pythonText,
  nginxError,
  apacheError,
  accessLog,
  cloudFront,
  awsLambda,
  awsLambdaPlatform,
  awsApiGateway,
  envoy,
  goText,
  rust,
  ruby,
  dotnetText,
  dotnetConsole,
  php,
  nodeText,
  postgresql,
  postgresqlPrefixed,
  mysql,
  mysqlSlow,
  sqlServer,
  redis,
  mongodbText,
  couchbase,
  couchDb,
  sapHana,
  kernel,
  openVpn,
  auditd,
  nagios,
  cef,
  herokuError,
  mikrotik,
  cisco,
  panOs,
  blueGene,
  qbittorrent,
  windowsEvent,
  xmlLog,
  logcat,
  swiftLog,
  erlangReport,
  julia,
  logfmt,
  plain,
];
