import type { Level } from "../schema.ts";
import { levelOfNumber, readLevel } from "./levels.ts";
import { pattern } from "./pattern.ts";
import { readTime } from "./time.ts";

const CLOCK = "[0-9]{2}:[0-9]{2}:[0-9]{2}";
/** https://help.mikrotik.com/docs/spaces/ROS/pages/328094/Log */
const TOPICS =
  "account|async|backup|bfd|bgp|bridge|calc|caps|certificate|container|critical|ddns|debug|dhcp|disk|dns|dot1x|dude|e-mail|error|event|fetch|firewall|gps|gsm|health|hotspot|igmp-proxy|info|interface|ipsec|iscsi|isdn|kvm|l2tp|ldp|lora|lte|manager|mme|mpls|mqtt|natpmp|netinstall|netwatch|ntp|ospf|ovpn|packet|pim|poe-out|ppp|pppoe|pptp|ptp|queue|radius|radvd|raw|read|rip|route|rpki|rsvp|script|sertcp|simulator|smb|snmp|ssh|sstp|state|stp|store|system|telephony|tftp|timer|tr069|update|upnp|ups|vpls|vrrp|warning|watchdog|web-proxy|wireguard|wireless|write|zerotier";

/**
 * MikroTik: topics before the message, the severity among them (`system,error,critical login failure …`), in its memory with
 * `jan/25 01:02:03`, `jan/25/2026 01:02:03` or a clock before them. Of two severities the first counts: a login that failed is no outage.
 */
export const mikrotik = pattern(
  "mikrotik",
  [
    new RegExp(
      `^(?:(?<stamp>(?:[A-Za-z]{3}[/-][0-9]{2}(?:[/-][0-9]{4})? |[0-9]{4}-[0-9]{2}-[0-9]{2} |[A-Z][a-z]{2} {1,2}[0-9]{1,2} )?${CLOCK}) )?(?:(?<pod>[\\w.-]{1,63}) )?(?=\\S*\\b(?:debug|info|warning|error|critical)\\b)(?<topics>(?:${TOPICS})(?:,[a-z0-9-]{2,20}){1,8}):? (?<message>\\S.*)$`,
    ),
  ],
  {
    more(draft, groups, context) {
      const { stamp = "", topics = "" } = groups as Record<string, string | undefined>;
      const severity = topics
        .split(",")
        .find((topic) => /^(?:debug|info|warning|error|critical)$/.test(topic));
      if (severity !== undefined) Object.assign(draft, { level: readLevel(severity), levelSource: "record" });
      const [, month = "", day, year, clock] =
        /^([A-Za-z]{3})[/-]([0-9]{2})(?:[/-]([0-9]{4}))? (.*)$/.exec(stamp) ?? [];
      const name = month.slice(0, 1).toUpperCase() + month.slice(1).toLowerCase();
      const text =
        day === undefined
          ? stamp
          : year === undefined
            ? `${name} ${day} ${clock}`
            : `${day} ${name} ${year} ${clock}`;
      const time = readTime(text, context);
      if (time !== undefined) draft.time = time;
    },
  },
);

/**
 * PAN-OS: received, serial number, type, subtype, -, generated, and what the type has. The severity is among those, what the system says of itself quoted.
 * https://docs.paloaltonetworks.com/pan-os/11-1/pan-os-admin/monitoring/use-syslog-for-monitoring/syslog-field-descriptions
 */
export const panOs = pattern(
  "pan-os",
  [
    /^[^,]{0,20},[0-9]{4}\/[0-9]{2}\/[0-9]{2} [0-9:]{8},[0-9A-Za-z]{6,20},(?<kind>[A-Z]{3,20}),[^,]{0,60},[^,]{0,20},(?<time>[0-9]{4}\/[0-9]{2}\/[0-9]{2} [0-9:]{8}),/,
  ],
  {
    more(draft, groups) {
      const { kind } = groups as Record<string, string>;
      const whole = draft.message ?? "";
      const severity = /,(informational|low|medium|high|critical),/.exec(whole)?.[1];
      const level = severity === undefined ? "INFO" : (PAN_OS[severity] ?? "ERROR");
      Object.assign(draft, { level, levelSource: severity === undefined ? "default" : "record" });
      const said = kind === "SYSTEM" ? /,"((?:[^"]|"")+)"/.exec(whole)?.[1] : undefined;
      if (said !== undefined) draft.message = said.replaceAll('""', '"');
    },
  },
);

const PAN_OS: Readonly<Record<string, Level>> = { informational: "INFO", low: "INFO", medium: "WARN" };

/** Cisco: `%LINK-3-UPDOWN: message`, whose number is syslog's severity. https://www.cisco.com/c/en/us/td/docs/ios/system/messages/guide/consol_smg.html */
export const cisco = pattern(
  "cisco",
  [
    /^(?:[*.]?(?<time>[A-Z][a-z]{2} {1,2}[0-9]{1,2} (?:[0-9]{4} )?[0-9:.]{8,12}(?: [A-Z]{2,5})?): )?%(?<code>[A-Z][A-Z0-9_]{1,30}(?:-[A-Z0-9_]{1,30})?-(?<severity>[0-7])-[A-Z0-9_]{1,40}): (?<message>.*)$/,
  ],
  {
    more(draft, groups) {
      const { severity } = groups as Record<string, string>;
      draft.level = levelOfNumber(Number(severity), "syslog");
      draft.levelSource = "record";
      if (draft.level === "INFO" || draft.level === "DEBUG") delete draft.errorCode;
    },
  },
);

/** qBittorrent: `(W) 2026-01-25T01:02:03 - message`. C is the only error it has. */
export const qbittorrent = pattern(
  "qbittorrent",
  [/^\((?<level>[NIWC])\) (?<time>[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9:]{8}) - (?<message>.*)$/],
  {
    more(draft) {
      if (draft.level === "FATAL") draft.level = "ERROR";
      draft.service = "qbittorrent";
    },
  },
);
