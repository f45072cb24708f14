import { textOf } from "./fields.ts";
import { readLevel } from "./levels.ts";
import { readTime } from "./time.ts";
import type { Envelope } from "./types.ts";

/** `journalctl -o json`: MESSAGE is text, or a list of bytes when it is no UTF-8; times are µs. */
export const journald: Envelope = {
  marks: ["priority", "realtimetimestamp"],
  open(fields, context) {
    const { MESSAGE: message, PRIORITY, __REALTIME_TIMESTAMP, _SOURCE_REALTIME_TIMESTAMP } = fields.value;
    if (message === undefined || (__REALTIME_TIMESTAMP === undefined && PRIORITY === undefined))
      return undefined;
    const text = Array.isArray(message)
      ? Buffer.from(message as number[]).toString("utf8")
      : (textOf(message) ?? "");
    const time = readTime(_SOURCE_REALTIME_TIMESTAMP ?? __REALTIME_TIMESTAMP, context);
    const level = readLevel(PRIORITY, "syslog");
    const { SYSLOG_IDENTIFIER, _SYSTEMD_UNIT, CONTAINER_NAME, _COMM, _HOSTNAME } = fields.value;
    const service = [CONTAINER_NAME, SYSLOG_IDENTIFIER, _SYSTEMD_UNIT, _COMM]
      .map(textOf)
      .find((one) => one !== undefined);
    const podName = textOf(_HOSTNAME);
    return {
      format: "journald",
      inner: [
        {
          value: text,
          outer: {
            ...(time !== undefined && { time }),
            ...(level !== undefined && { level }),
            ...(service !== undefined && { service: service.replace(/\.service$/, "") }),
            ...(podName !== undefined && { podName }),
          },
        },
      ],
      rest: () => [],
    };
  },
};
