import { pattern } from "./pattern.ts";

/** Spring Boot's default: time, level, process, `---`, application, thread, trace (Micrometer, Sleuth), logger, message. */
export const springBoot = pattern(
  "spring-boot",
  [
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,18}(?:Z|[+-][0-9:]{4,6})?) +(?<level>[A-Z]{4,5}) (?:\[(?<service>[^\],]{0,100}),(?<trace>[^\],]{0,128})[^\]]{0,200}\] )?[0-9]+ --- (?<brackets>(?:\[[^\]]{0,200}\] ?){1,4}) *[^\s:]{1,200} *: ?(?<message>.*)$/,
  ],
  {
    more(draft, groups) {
      const brackets = [...((groups as Record<string, string>).brackets ?? "").matchAll(/\[([^\]]*)\]/g)].map(
        ([, one = ""]) => one.trim(),
      );
      // Up to three: the application's name, the thread, the trace and span, which may be blank.
      const trace = brackets.at(-1)?.match(/^([0-9a-f]{6,32})[-,][0-9a-f]{6,16}$/)?.[1];
      if (trace !== undefined) draft.traceId = trace;
      if (trace !== undefined || brackets.at(-1) === "") brackets.pop();
      if (brackets.length > 1 && brackets[0]) draft.service = brackets[0];
    },
  },
);
