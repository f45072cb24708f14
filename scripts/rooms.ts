import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { Graphviz } from "@hpcc-js/wasm-graphviz";

/** The rooms of the house, from the top down. A file belongs to the first whose path it begins with. */
const ROOMS = [
  "main.ts",
  "stacks",
  "constructs",
  "config",
  "delivery/commands",
  "delivery/core",
  "local",
  "services/log-generator",
  "services/consumer/src/commands",
  "services/consumer/src/pipeline",
  "services/consumer/src/read",
  "services/consumer/src/decode",
  "services/consumer/src/group",
  "services/consumer/src/cause",
  "services/consumer/src/notify",
  "services/consumer/src/state",
  "services/consumer/src/console",
  "services/consumer/src/reports",
  "services/consumer/src/ops",
  "services/consumer/src/redact",
  "services/consumer/src/config",
  "services/consumer/src/core",
] as const;

/** Imports between rooms, by `from → to`, in order; each with how many files import. Test files are no rooms. */
export function roomImports(files: readonly string[], root: string): Map<string, number> {
  const arrows = new Map<string, number>();
  for (const file of files.filter((one) => /\.ts$/.test(one) && !/(^|\/)(test|bench|scripts)\//.test(one))) {
    const from = roomOf(file);
    const targets = new Set(
      [...readFileSync(join(root, file), "utf8").matchAll(/(?:from|import\() ?"([^"]+)"/g)]
        .map(([, specifier = ""]) => targetOf(file, specifier))
        .filter((to) => to !== undefined && to !== from),
    );
    if (from === undefined) continue;
    for (const to of targets) arrows.set(`${from} → ${to}`, (arrows.get(`${from} → ${to}`) ?? 0) + 1);
  }
  return new Map([...arrows].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function roomOf(path: string): string | undefined {
  const known = ROOMS.find((room) => path === room || path.startsWith(`${room}/`));
  return known ?? /^packages\/[\w-]+/.exec(path)?.[0];
}

function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith("@cali/")) {
    const name = specifier.split("/")[1] ?? "";
    return name === "consumer" || name === "log-generator" ? `services/${name}` : `packages/${name}`;
  }
  return specifier.startsWith(".") ? roomOf(normalize(join(dirname(file), specifier))) : undefined;
}

/** The picture of rooms and arrows as SVG. The same imports give the same bytes. */
export async function roomsPicture(arrows: ReadonlyMap<string, number>): Promise<string> {
  const edges = [...arrows].map(([arrow, count]) => {
    const [from = "", to = ""] = arrow.split(" → ");
    return { from, to, count };
  });
  const rooms = [...new Set(edges.flatMap(({ from, to }) => [from, to]))].sort();
  const consumer = rooms.filter((room) => room.startsWith("services/consumer/"));
  const label = (room: string) => room.replace("services/consumer/src/", "");
  const dot = `digraph "Rooms and the imports between them" {
    rankdir=TB; nodesep=0.25; ranksep=0.45; fontname="Helvetica"; bgcolor="white";
    node [shape=box, style="rounded,filled", fillcolor="#eef3fb", color="#5b7db1", fontname="Helvetica", fontsize=12];
    edge [color="#8a94a6", arrowsize=0.6, fontname="Helvetica", fontsize=9, fontcolor="#5a6270"];
    subgraph cluster_consumer { label="services/consumer"; color="#c9a227"; style="rounded"; ${consumer.map((room) => `"${room}" [label="${label(room)}", fillcolor="#fdf6e0", color="#c9a227"];`).join(" ")} }
    ${rooms
      .filter((room) => !consumer.includes(room))
      .map((room) => `"${room}";`)
      .join(" ")}
    ${edges.map(({ from, to, count }) => `"${from}" -> "${to}" [label="${count}"];`).join("\n    ")}
  }`;
  return (await Graphviz.load()).dot(dot, "svg");
}
