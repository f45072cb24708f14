import { readFileSync, writeFileSync } from "node:fs";
import { messageOf } from "@cali/base";
import { LEVELS } from "@cali/log-record";
import { check, problemText } from "@cali/settings";
import { Command, Option } from "commander";
import { Asking, answerLines } from "../cause/knowledge/ask.ts";
import { type CatalogEntry, idOf, knowledgeSchema, ORIGINS, STATES } from "../cause/knowledge/catalog.ts";
import { KnowledgeFileError, readKnowledge, writeKnowledge } from "../cause/knowledge/interchange.ts";
import { learnDay } from "../cause/knowledge/learn.ts";
import { ObjectCatalog } from "../cause/knowledge/object-catalog.ts";
import { SEED_ALONE, SeededCatalog } from "../cause/knowledge/seed.ts";
import { withVote } from "../cause/knowledge/votes.ts";
import { pastDate } from "../reports/dates.ts";
import { openObjects } from "../state/objects/open.ts";

interface Common {
  readonly config?: string;
  readonly folder?: string;
  readonly json?: boolean;
}

interface Facts {
  readonly cause?: string;
  readonly action?: string;
  readonly runbook?: string;
}

/** `consumer knowledge`: what is known of errors, and what is to be learned. */
export function knowledgeCommand(): Command {
  return new Command("knowledge")
    .description("what is known of errors: import, export, list, add, confirm, reject, learn, ask")
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(listCommand())
    .addCommand(addCommand())
    .addCommand(confirmCommand())
    .addCommand(rejectCommand())
    .addCommand(learnCommand())
    .addCommand(askCommand());
}

function common(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option("-c, --config <file>", "the consumer's YAML file; environment variables CALI_… go before it")
    .option("--folder <path>", "objects in this folder; no other configuration is needed")
    .option("--json", "the outcome as JSON");
}

function importCommand(): Command {
  return common(
    "import",
    "take knowledge from a file of JSON lines, all of it or, when a line is bad, nothing",
  )
    .argument("<file>", "lines of pattern, cause, action, origin; also runbook, state, errorCode, level")
    .action(async (file: string, options: Common) => {
      const lines = readKnowledge(readText(file), file);
      const catalog = open(options);
      const known = new Map((await catalog.all()).map((entry) => [entry.id, entry]));
      const now = new Date().toISOString();
      const entries = lines.map((line) => ({
        ...line,
        createdAt: line.createdAt ?? known.get(line.id)?.createdAt ?? now,
      }));
      const changed = entries.filter((entry) => !isSame(entry, known.get(entry.id)));
      await catalog.put(changed);
      const added = changed.filter(({ id }) => !known.has(id)).length;
      const outcome = { added, changed: changed.length - added, unchanged: entries.length - changed.length };
      say(options, outcome, `${added} added, ${outcome.changed} changed, ${outcome.unchanged} unchanged`);
    });
}

function exportCommand(): Command {
  return common("export", "write all knowledge as JSON lines that import takes")
    .argument("[file]", "default: standard output")
    .action(async (file: string | undefined, options: Common) => {
      const entries = await open(options).own();
      const text = writeKnowledge(entries);
      if (file === undefined) process.stdout.write(text);
      else {
        writeFileSync(file, text);
        say(options, { exported: entries.length }, `${entries.length} exported`);
      }
    });
}

function listCommand(): Command {
  return common(
    "list",
    "list knowledge, the oldest first; what the program brings itself only with --origin seed",
  )
    .addOption(new Option("--state <state>", "only of this state").choices(STATES))
    .addOption(new Option("--origin <origin>", "only of this origin").choices(ORIGINS))
    .action(async (options: Common & { state?: string; origin?: string }) => {
      const catalog = open(options);
      const entries = (await (options.origin === "seed" ? catalog.all() : catalog.own()))
        .filter(({ state }) => options.state === undefined || state === options.state)
        .filter(({ origin }) => options.origin === undefined || origin === options.origin)
        .sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id));
      say(options, entries, entries.map(lineOf).join("\n") || "nothing");
    });
}

function addCommand(): Command {
  return facts(common("add", "add what a person knows"))
    .requiredOption("--pattern <text>", "a line of the error, or its template")
    .option("--error-code <code>", "the error code that its lines carry")
    .addOption(new Option("--level <level>", "the level of its lines").choices(LEVELS))
    .action(async (options: Common & Facts & { pattern: string; errorCode?: string; level?: string }) => {
      const { pattern, errorCode, level } = options;
      const knowledge = checked({ pattern, ...factsOf(options), errorCode, level, origin: "person" });
      const entry = { ...knowledge, id: idOf(knowledge), createdAt: new Date().toISOString() };
      const catalog = open(options);
      const known = await catalog.get(entry.id);
      if (known)
        throw new Error(
          `--pattern: given what is in the base as ${known.id}, allowed: something new; confirm or reject that one`,
        );
      await catalog.put([entry]);
      say(options, entry, `added ${entry.id}`);
    });
}

function confirmCommand(): Command {
  return facts(common("confirm", "say that an entry is right; also with another cause, action or runbook"))
    .argument("<id>", "the entry's id, as list shows it")
    .action(async (id: string, options: Common & Facts) => {
      const { id: _, ...voted } = withVote(await existing(options, id), "confirmed");
      const { createdAt, ...knowledge } = checked({ ...voted, ...factsOf(options) });
      await change(options, { ...knowledge, id, createdAt: createdAt ?? "" });
    });
}

function rejectCommand(): Command {
  return common(
    "reject",
    "say that an entry is wrong: unless more people confirmed it, it is used no more, and not proposed again",
  )
    .argument("<id>", "the entry's id, as list shows it")
    .action(async (id: string, options: Common) => {
      await change(options, withVote(await existing(options, id), "rejected"));
    });
}

function learnCommand(): Command {
  return common("learn", "fold a day's new_errors/ into proposals; the same day again changes nothing")
    .addOption(
      new Option("--date <day>", "YYYY-MM-DD, UTC").argParser((text) => pastDate(text)).makeOptionMandatory(),
    )
    .action(async (options: Common & { date: string }) => {
      const objects = openObjects(options);
      const report = await learnDay(objects, new SeededCatalog(new ObjectCatalog(objects)), options.date);
      const { date, read, unreadable, groups, known, rejected, proposed, left, proposals } = report;
      const text =
        `${date}: ${read} new errors${unreadable > 0 ? ` (and ${unreadable} unreadable)` : ""} in ${groups} groups: ` +
        `${proposed} proposed, ${known} known, ${rejected} rejected before` +
        (left > 0 ? `, ${left} more than are proposed in a day` : "");
      say(options, report, [text, ...proposals.map(lineOf)].join("\n"));
    });
}

function askCommand(): Command {
  return new Command("ask")
    .description("say which known error each line of standard input is; needs no configuration")
    .option(
      "-c, --config <file>",
      "the consumer's YAML file: what people added to its knowledge base counts, too",
    )
    .option("--folder <path>", "the same, for a knowledge base in this folder")
    .option("--json", 'lines are JSON objects {"text", "level"}, each one event, and so are the answers')
    .action(async (options: Common) => {
      const hasBase = options.config !== undefined || options.folder !== undefined;
      const asking = new Asking(hasBase ? open(options) : SEED_ALONE);
      await asking.open();
      await answerLines(process.stdin, process.stdout, asking, options.json === true);
    });
}

const facts = (command: Command) =>
  command
    .option("--cause <text>", "why it happens")
    .option("--action <text>", "what to do about it")
    .option("--runbook <url>", "where it says more");

const factsOf = ({ cause, action, runbook }: Facts) => ({
  ...(cause !== undefined && { cause }),
  ...(action !== undefined && { action }),
  ...(runbook !== undefined && { runbook }),
});

const open = (options: Common): SeededCatalog => new SeededCatalog(new ObjectCatalog(openObjects(options)));

async function existing(options: Common, id: string): Promise<CatalogEntry> {
  const found = await (/^[0-9a-f]{16}$/.test(id) ? open(options).get(id) : undefined);
  if (!found) throw new Error(`<id>: given ${JSON.stringify(id)}, allowed: one that list shows`);
  return found;
}

async function change(options: Common, entry: CatalogEntry): Promise<void> {
  await open(options).put([entry]);
  const { state, id, votes } = entry;
  say(
    options,
    entry,
    `${state} ${id}${votes && votes.confirmed > 0 && votes.rejected > 0 ? ` (confirmed ${votes.confirmed}, rejected ${votes.rejected})` : ""}`,
  );
}

/** @throws Error with every problem */
function checked(value: unknown) {
  const result = check(knowledgeSchema, value);
  if (result.ok) return result.data;
  const problems = result.problems.map(({ path, ...problem }) =>
    problemText({ key: `--${path.join(".")}`, ...problem }),
  );
  throw new Error(problems.join("\n"));
}

const isSame = (a: CatalogEntry, b: CatalogEntry | undefined) =>
  b !== undefined && writeKnowledge([a]) === writeKnowledge([b]);

const lineOf = ({ id, state, origin, pattern, cause, seen, votes }: CatalogEntry) =>
  [
    `${id}  ${state.padEnd(9)}  ${origin.padEnd(7)}  ${short(pattern)}  →  ${short(cause ?? "(no cause yet)")}`,
    seen && `seen ${seen.count}× by ${seen.services.join(", ")}`,
    votes && `confirmed ${votes.confirmed}, rejected ${votes.rejected}`,
  ]
    .filter(Boolean)
    .join("  ");

const short = (text: string) =>
  JSON.stringify(text.length > 70 ? `${text.slice(0, 70)}…` : text).slice(1, -1);

function say({ json }: Common, value: unknown, text: string): void {
  console.log(json ? JSON.stringify(value) : text);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new KnowledgeFileError(`${file}: given a file that cannot be read: ${messageOf(error)}`);
  }
}
