import { parseDocument } from "yaml";
import { nodeOf } from "../plan-json/masked.ts";
import { isMap, type Node, TextDocument } from "../plan-json/node.ts";
import { blocksAt, numberAt, textAt } from "./inventory.ts";
import { type Line, type Pricer, times } from "./line.ts";

const GIB_IN: Readonly<Record<string, number>> = { Mi: 1 / 1024, Gi: 1, Ti: 1024 };
/** Keys under which charts describe the volume of each of their pods. */
const VOLUME_KEYS = ["persistence", "persistentVolumeClaim", "volumeClaimTemplate"];

/** `10Gi` in GiB. */
function gibibytes(size: string | undefined): number | undefined {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)(Mi|Gi|Ti)$/.exec(size ?? "") ?? [];
  return amount === undefined ? undefined : times(Number(amount), GIB_IN[unit]);
}

const volume = (what: string, quantity: number | undefined): Line => ({ what, price: "ebs.gp3", quantity });

export const volumeClaim: Pricer = (values) => [
  volume("volume", gibibytes(textAt(values, "spec", "resources", "requests", "storage"))),
];

export const statefulSet: Pricer = (values) =>
  blocksAt(values, "spec", "volume_claim_template").map((template) =>
    volume(
      "volumes of its pods",
      times(
        numberAt(values, "spec", "replicas") ?? 1,
        gibibytes(textAt(template, "spec", "resources", "requests", "storage")),
      ),
    ),
  );

export const service: Pricer = (values) =>
  textAt(values, "spec", "type") === "LoadBalancer"
    ? [{ what: "load balancer", price: undefined, quantity: undefined }]
    : [];

/** The volumes that a chart's values ask for. What the chart makes on its own isn't seen. */
export const chart: Pricer = (values) => {
  const given = blocksAt(values, "values");
  const documents = given.map(document);
  if (documents.includes(undefined)) return [{ what: "volumes", price: "ebs.gp3", quantity: undefined }];
  return documents.flatMap((root) => volumesIn(root, { place: [], replicas: 1 }));
};

/** An expression of Terraform, which a synth has in the middle of a text, quotes and all. */
const EXPRESSION = /\$\{(?:[^{}]|\{[^{}]*\})*\}/g;

/** A chart's values, read; undefined for those that are not known yet, or that are no YAML. */
function document(values: Node): Node | undefined {
  if (values instanceof TextDocument) return values.content;
  if (typeof values !== "string") return undefined;
  const { contents, errors } = parseDocument(values.replace(EXPRESSION, "expression"));
  if (errors.length > 0) return undefined;
  return nodeOf({ value: contents?.toJSON(), sensitive: false, unknown: false }, () => false);
}

interface Place {
  readonly place: readonly string[];
  readonly replicas: number;
}

function volumesIn(node: Node | undefined, { place, replicas }: Place): Line[] {
  if (!isMap(node) || node.get("enabled") === false) return [];
  const count = numberAt(node, "replicas") ?? numberAt(node, "replicaCount") ?? replicas;
  const size = VOLUME_KEYS.includes(place.at(-1) ?? "") ? textAt(node, "size") : undefined;
  const here = size === undefined ? [] : [volume(`volumes of ${place[0]}`, times(count, gibibytes(size)))];
  const below = [...node].flatMap(([key, child]) =>
    volumesIn(child, { place: [...place, key], replicas: count }),
  );
  return [...here, ...below];
}
