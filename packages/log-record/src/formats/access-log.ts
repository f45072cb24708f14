import { requestOf } from "./draft.ts";
import { pattern } from "./pattern.ts";
import { readTime } from "./time.ts";
import type { Draft, JsonFormat } from "./types.ts";

const REQUEST = '"(?:[^"\\\\]|\\\\.)*"';
const CLF = `\\S{1,255} \\S{1,255} [^\\[]{1,255}\\[(?<time>[^\\]]{8,40})\\] ${REQUEST} (?:(?<status>[1-5][0-9]{2})|-|0)(?= |$)`;

/**
 * Access logs of nginx, Apache, IIS' W3C, Python's and Ruby's servers, HAProxy, Envoy and AWS's load balancers. They state no
 * level: the HTTP status says it.
 */
export const accessLog = pattern(
  "access-log",
  [
    new RegExp(`^${CLF}`),
    // A virtual host before it.
    new RegExp(`^\\S{1,255} ${CLF}`),
    // Django's runserver.
    new RegExp(
      `^\\[(?<time>[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4} [0-9:]{8})\\] ${REQUEST} (?<status>[1-5][0-9]{2}) `,
    ),
    // HAProxy: client [accept date] frontend backend/server timers status.
    /^[^\s[]{1,255}:[0-9]+ \[(?<time>[^\]]{8,40})\] \S{1,255} [^\s/]{1,255}\/\S{1,255} [-+0-9/]{3,60} (?<status>[1-5][0-9]{2}) /,
    // Envoy's default: [start] "request" status flags.
    new RegExp(
      `^\\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,20}Z)\\] ${REQUEST} (?<status>[1-5][0-9]{2}) `,
    ),
    // AWS's application load balancer.
    /^(?:https?|h2|wss?|grpcs?) (?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,20}Z) app\/\S{1,255} \S{1,255} \S{1,255} [-.0-9]+ [-.0-9]+ [-.0-9]+ (?<status>[1-5][0-9]{2}) /,
    // IIS' W3C with its usual fields: date time server method stem query port user client agent (referer) status substatus win32 taken.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}) \S{1,45} [A-Z]{3,10} \S{1,4000} \S{1,4000} [0-9]{1,5} \S{1,255} \S{1,45} \S{1,2000} (?:\S{1,4000} )?(?<status>[1-5][0-9]{2}) [0-9]+ [0-9]+ [0-9]+$/,
    // IIS and others with more or fewer fields of W3C: the method, stem, query and port, and at the end status, substatus, win32, sizes, taken.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}) (?:\S{1,255} ){1,4}[A-Z]{3,10} \S{1,4000} \S{1,4000} [0-9]{1,5} (?:\S{1,2000} ){2,8}(?<status>[1-5][0-9]{2}) [0-9]+ [0-9]+(?: [0-9]+){1,3}$/,
    // AWS's classic load balancer: time name client backend three times its status, the backend's.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,20}Z) \S{1,255} \S{1,60}:[0-9]+ \S{1,60} [-.0-9]+ [-.0-9]+ [-.0-9]+ (?<status>[1-5][0-9]{2}) /,
    // AWS's network load balancer with TLS, and VPC flow logs: neither has a status.
    /^tls [0-9.]{3} (?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}) net\//,
    /^[2-9] [0-9]{12} eni-\S{1,40} \S{1,45} \S{1,45} \S{1,5} \S{1,5} \S{1,3} \S{1,20} \S{1,20} (?<time>1[0-9]{9}) /,
    // S3: owner bucket [time] client requester request operation key "request" status code.
    new RegExp(
      `^\\S{1,128} \\S{1,255} \\[(?<time>[^\\]]{8,40})\\] \\S{1,45} \\S{1,300} (?<trace>\\S{1,64}) [A-Z0-9]{2,20}\\.[A-Z0-9_.]{3,60} \\S{1,4000} (?:${REQUEST}|-) (?<status>[1-5][0-9]{2}) (?<code>\\S{1,60}) `,
    ),
    // API Gateway's CSV: ip, caller, user, time, method, path, protocol, status, length, id.
    /^[0-9a-fA-F.:]{3,45},[^,]{0,255},[^,]{0,255},(?<time>[0-9]{2}\/[A-Z][a-z]{2}\/[0-9]{4}:[0-9:]{8} [+-][0-9]{4}),[A-Z]{3,10},[^,]{1,4000},HTTP\/[0-9.]{1,3},(?<status>[1-5][0-9]{2}),[^,]{0,20},(?<trace>[\w=-]{8,64})/,
    // API Gateway's XML.
    /^<request id="(?<trace>[\w=-]{1,64})"> ?<ip>[^<]{1,45}<\/ip>.{0,400}?<requestTime>(?<time>[^<]{8,40})<\/requestTime>.{0,4000}?<status>(?<status>[1-5][0-9]{2})<\/status>/,
    // Ambassador's Envoy; IIS' HTTP.sys: date time client port server port version method URL status.
    new RegExp(
      `^ACCESS \\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,20}Z)\\] (?:${REQUEST} (?<status>[1-5][0-9]{2}) |"- - -" 0 )`,
    ),
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}) \S{1,45} [0-9]{1,5} \S{1,45} [0-9]{1,5} (?:HTTP\/[0-9.]{1,3} [A-Z]{1,10} \S{1,4000} (?<status>[1-5][0-9]{2})|- - - -) /,
    // Trino and Presto: with tabs between time, client, method, path, user, agent, status.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}(?:Z|[+-][0-9:]{5}))\t[^\t]{1,60}\t[A-Z]{3,10}\t[^\t]{1,4000}\t[^\t]{0,200}\t[^\t]{0,1000}\t(?<status>[1-5][0-9]{2})\t/,
    // Envoy without HTTP: [start] "- - -" 0 flags.
    /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,20}Z)\] "- - -" 0 [A-Z,-]{1,60} /,
    // HAProxy's of TCP: client [accept date] frontend backend/server timers bytes state.
    /^[^\s[]{1,255}:[0-9]+ \[(?<time>[^\]]{8,40})\] \S{1,255} [^\s/]{1,255}\/\S{1,255} [-+0-9/]{3,60} [0-9]+ [A-Za-z-]{2} /,
    // Squid: seconds elapsed client code/status, 000 when the client went away first.
    /^(?<time>[0-9]{10}(?:\.[0-9]{3})?) +[0-9]+ \S{1,255} [A-Z_]{3,40}\/(?:(?<status>[1-5][0-9]{2})|000) /,
    // uWSGI: [pid: …] client () {…} [ctime] METHOD path => … (HTTP/1.1 500).
    /^\[pid: [0-9]{1,10}\|[^\]]{1,60}\] \S{1,255} \([^)]{0,255}\) \{[^}]{0,100}\} \[(?<time>[^\]]{20,30})\] [A-Z]{3,10} \S{1,4000} => .{1,200} \(HTTP\/[0-9.]{1,3} (?<status>[1-5][0-9]{2})\)/,
    // uvicorn: INFO:     127.0.0.1:1 - "GET / HTTP/1.1" 500 Internal Server Error; gin: [GIN] 2026/01/25 - 01:02:03 | 500 |
    /^\[GIN\] (?<time>[0-9]{4}\/[0-9]{2}\/[0-9]{2} - [0-9:]{8}) \| *(?<status>[1-5][0-9]{2}) \|/,
  ],
  { more: readUpstream },
);

/** Envoy's flags of a connection that no upstream took: a request without a status failed by them. */
const NO_UPSTREAM = /^(?:UF|UH|UT|UC|UO|NR|URX|LH|DPE|UPE|NC)(?:,|$)/;

function readUpstream(draft: Draft): void {
  const flags = draft.status === undefined ? /" 0 ([A-Z,]{2,60}) /.exec(draft.message ?? "")?.[1] : undefined;
  if (flags !== undefined && NO_UPSTREAM.test(flags))
    Object.assign(draft, { level: "ERROR", levelSource: "status" });
}

/** The same as JSON, with what it is about as its message. */
export const envoyAccess: JsonFormat = {
  name: "access-log",
  matches: (fields) => fields.has("responseflags", "upstreamcluster"),
  read(fields, draft) {
    const flags = fields.text("responseflags") ?? "";
    draft.message ??= requestOf(fields) ?? `${fields.text("upstreamcluster") ?? "no upstream"}: ${flags}`;
    if (draft.level === undefined && draft.status === undefined && NO_UPSTREAM.test(flags)) {
      Object.assign(draft, { level: "ERROR", levelSource: "status" });
    }
  },
};

/** uvicorn states INFO for every request, whatever came of it. */
export const uvicornAccess = pattern("access-log", [
  new RegExp(`^INFO: +[0-9a-fA-F.:]{3,45}:[0-9]+ - ${REQUEST} (?<status>[1-5][0-9]{2})(?= |$)`),
]);

/** AWS CloudFront: tab-separated, date and time in two fields. Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html */
export const cloudFront = pattern(
  "access-log",
  [
    /^(?<day>[0-9]{4}-[0-9]{2}-[0-9]{2})\t(?<clock>[0-9:]{8})\t[A-Z]{3}[A-Z0-9-]{1,12}\t[0-9]{1,15}\t\S{1,45}\t[A-Z]{3,10}\t\S{1,255}\t[^\t]{1,4000}\t(?<status>[0-5][0-9]{2})\t/,
  ],
  {
    more(draft, groups, context) {
      const { day, clock } = groups as Record<string, string>;
      draft.time = readTime(`${day}T${clock}Z`, context);
      // 000: the viewer went away first.
      if (draft.status === 0) delete draft.status;
    },
  },
);
