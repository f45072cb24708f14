import { inPlaceLossIn } from "../../core/plan-json/in-place-loss.ts";
import type { AttributeDifference, Plan, ResourceChange } from "../../core/plan-json/model.ts";
import { isEmpty, type Node } from "../../core/plan-json/node.ts";
import { pathText } from "../../core/plan-json/path.ts";
import { inline } from "../../core/plan-json/text.ts";

/** One object of a plan that may be applied, and why it is in it. */
interface Explained {
  readonly what: "import" | "change" | "create";
  readonly address: string;
  /** The id that an object is imported by. */
  readonly id?: string;
  /** What is set in place, each with its reason. */
  readonly notes: readonly string[];
}

/** What a plan with imports does, and what speaks against it. */
export interface Judgement {
  readonly explained: readonly Explained[];
  /** Each reason why it is not applied, without the stack's name. */
  readonly problems: readonly string[];
}

const NOT_SET = "AWS doesn't tell it, or the deployment was cut off before it was set";

/**
 * What AWS gives an object that is made by several requests, until the later ones come. Off, 0 and nothing are such values of every type.
 * Source: what the provider's `Create` functions send after the first request, 5.100.
 */
const UNTIL_SET: Readonly<Record<string, Readonly<Record<string, Node>>>> = {
  aws_kinesis_stream: { encryption_type: "NONE", retention_period: 24 },
  aws_s3_bucket_versioning: { "versioning_configuration[0].status": "Disabled" },
  aws_s3_bucket_server_side_encryption_configuration: {
    "rule[0].apply_server_side_encryption_by_default[0].sse_algorithm": "AES256",
  },
};
const BY_CODE = "the code says so: a deployment would change it as well";

const GOES = {
  delete: "would be destroyed",
  replace: "would be replaced",
  forget: "would leave the state",
} as const;

/**
 * Whether a plan may be applied: imports, objects that are made, and changes in place that have a reason. Nothing is destroyed, and what is
 * imported is what the code says: an object of the same name with other values may be somebody else's.
 *
 * @param allowChanges whether values of imported objects may be set to what the code says.
 */
export function judge(plan: Plan, allowChanges: boolean): Judgement {
  const explained: Explained[] = [];
  // What was never set on an object that the deployment has just made takes nothing away.
  const known = plan.resources.map((one) =>
    one.importing ? { ...one, differences: one.differences.filter((it) => isOther(one.type, it)) } : one,
  );
  const problems: string[] = inPlaceLossIn({ resources: known })
    .filter(({ kind }) => kind === "deletes")
    .map(
      ({ address, attribute, from, to, lost }) =>
        `${address}: ${attribute} would change from ${from} to ${to}, and with it goes: ${lost}`,
    );
  for (const resource of plan.resources) {
    const { address, type, action, mode, importing, deposed, reason } = resource;
    if (mode !== "managed") continue;
    if (action === "delete" || action === "replace" || action === "forget") {
      const name = deposed === undefined ? address : `${address} (deposed ${deposed})`;
      const forced = resource.differences.filter((one) => one.forcesReplacement);
      const why = forced.length > 0 ? forced.map(({ path }) => pathText(path)).join(", ") : reason;
      problems.push(`${name} ${GOES[action]}${why === undefined ? "" : ` (${why})`}`);
      continue;
    }
    if (action === "create") explained.push({ what: "create", address, notes: [] });
    if (importing) {
      const others = action === "update" ? resource.differences.filter((one) => isOther(type, one)) : [];
      if (!allowChanges) problems.push(...others.map((one) => differs(address, one)));
      explained.push({
        what: "import",
        address,
        ...(importing.id !== undefined && { id: importing.id }),
        notes: action === "update" ? notesOf(resource) : [],
      });
    } else if (action === "update") {
      explained.push({ what: "change", address, notes: [BY_CODE] });
    }
  }
  return { explained, problems };
}

/** Whether an object was given a value, and another one than the code says. */
function isOther(type: string, { path, before }: AttributeDifference): boolean {
  if (isEmpty(before) || before === false || before === 0) return false;
  return UNTIL_SET[type]?.[pathText(path)] !== before;
}

function differs(address: string, { path, before, after }: AttributeDifference): string {
  return `${address} exists, and its ${pathText(path)} is ${short(inline(before))}; the code says ${short(inline(after))}`;
}

function notesOf({ type, differences }: ResourceChange): string[] {
  return differences.map((one) => {
    const { path, before, after } = one;
    const name = pathText(path);
    const change = isEmpty(before)
      ? `${name} is set to ${short(inline(after))}`
      : `${name} is set from ${short(inline(before))} to ${short(inline(after))}`;
    return isOther(type, one) ? change : `${change}: ${NOT_SET}`;
  });
}

const LONGEST = 200;
const short = (text: string) => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`);
