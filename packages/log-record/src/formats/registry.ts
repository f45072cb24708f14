import { accessLog, uvicornAccess } from "./access-log.ts";
import { apacheError } from "./apache.ts";
import { awsLambda, awsLambdaPlatform } from "./aws-lambda.ts";
import { awsLambdaJson } from "./aws-lambda-json.ts";
import { azure } from "./azure.ts";
import { bunyan } from "./bunyan.ts";
import { cali } from "./cali.ts";
import { caliLine } from "./cali-line.ts";
import { cloudwatch } from "./cloudwatch.ts";
import { container } from "./container.ts";
import { crash } from "./crash.ts";
import { mongodbText, mysql, postgresql, redis, sqlServer } from "./databases.ts";
import { datadog } from "./datadog.ts";
import { dotnetConsole, dotnetText } from "./dotnet.ts";
import { ecs } from "./ecs.ts";
import { envoy } from "./envoy.ts";
import { gelf } from "./gelf.ts";
import { goText } from "./go.ts";
import { googleCloud } from "./google-cloud.ts";
import { handWritten } from "./hand-written.ts";
import { javaText, julText } from "./java.ts";
import { journald } from "./journald.ts";
import { klog } from "./klog.ts";
import { kubernetesEvent } from "./kubernetes-event.ts";
import { log4j2 } from "./log4j2.ts";
import { logback } from "./logback.ts";
import { logfmt } from "./logfmt.ts";
import { logrus } from "./logrus.ts";
import { logstash } from "./logstash.ts";
import { mongodb } from "./mongodb.ts";
import { monolog } from "./monolog.ts";
import { nginxError } from "./nginx.ts";
import { nodeText } from "./node.ts";
import { openTelemetry, otlp } from "./opentelemetry.ts";
import { php } from "./php.ts";
import { pino } from "./pino.ts";
import { plain } from "./plain.ts";
import { pythonText } from "./python.ts";
import { pythonJsonLogger } from "./python-json-logger.ts";
import { ruby } from "./ruby.ts";
import { rust } from "./rust.ts";
import { serilog } from "./serilog.ts";
import { slog } from "./slog.ts";
import { springBoot } from "./spring-boot.ts";
import { structlog } from "./structlog.ts";
import { erlangReport, julia, kernel, logcat, swiftLog } from "./system.ts";
import { cri, heroku, prefixed, stamped, syslog, type Wrapper } from "./text-wrappers.ts";
import type { Envelope, JsonFormat, TextFormat } from "./types.ts";
import { winston } from "./winston.ts";
import { jsonPayload, list, loki, splunk } from "./wrapped.ts";
import { zap } from "./zap.ts";
import { zerolog } from "./zerolog.ts";

/** All of these are tried in order: what is more particular comes first. */
export const ENVELOPES: readonly Envelope[] = [
  cloudwatch,
  otlp,
  journald,
  jsonPayload,
  splunk,
  loki,
  container,
  list,
];

export const WRAPPERS: readonly Wrapper[] = [cri, syslog, heroku, prefixed, stamped];

export const JSON_FORMATS: readonly JsonFormat[] = [
  cali,
  handWritten,
  kubernetesEvent,
  azure,
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
  uvicornAccess,
  pythonText,
  nginxError,
  apacheError,
  accessLog,
  awsLambda,
  awsLambdaPlatform,
  envoy,
  goText,
  rust,
  ruby,
  dotnetText,
  dotnetConsole,
  php,
  nodeText,
  postgresql,
  mysql,
  sqlServer,
  redis,
  mongodbText,
  kernel,
  logcat,
  swiftLog,
  erlangReport,
  julia,
  logfmt,
  plain,
];
