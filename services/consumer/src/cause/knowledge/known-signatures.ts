import type { Logger } from "pino";
import { backoffMs, type Clock } from "../../core/clock.ts";
import { COMMON } from "../signature/alignment.ts";
import { unpack } from "../signature/readings.ts";
import {
  bestOfEach,
  type Candidate,
  type Signature,
  Signatures,
  UNANCHORED,
} from "../signature/signatures.ts";
import type { Catalog, CatalogEntry } from "./catalog.ts";
import { readKnown } from "./product-files.ts";
import { errorOfProduct, seed, seedById } from "./seed.ts";

/** What is looked at of an error. */
export interface SeenError {
  /** What it says, in one or several forms (its template, lines of it with their stack traces), not redacted where possible. */
  readonly texts: readonly string[];
  readonly errorCode?: string | undefined;
}

/** Knowledge that an error may be of, by its id. */
export interface KnownCandidate extends Omit<Candidate<string>, "of"> {
  readonly id: string;
  /** The error of any server that it would be of another product. */
  readonly insteadOf?: string;
}

/** What is against an error that any program's may be. */
const ANYBODYS: ReadonlySet<string> = new Set([COMMON, UNANCHORED]);
/** Looks closer than this are shown as near. */
const LEAST_NEAR = 0.6;

/** Recognizes the errors that the knowledge base has causes of, by their signatures. */
export class KnownSignatures {
  readonly #catalog: Pick<Catalog, "all">;
  #signatures: Signatures<string> | undefined;
  #own: readonly CatalogEntry[] = [];
  #edition = "[]";

  /** @param catalog with or without the seed */
  constructor(catalog: Pick<Catalog, "all">) {
    this.#catalog = catalog;
  }

  /**
   * What an error may be, the likeliest first: first what nothing speaks against, then what is near.
   * It knows the seed from the start, and the rest of the knowledge base after `refresh`. Thousands of patterns are read when it is first
   * asked, so that the program starts without.
   */
  find({ texts, errorCode }: SeenError): KnownCandidate[] {
    this.#signatures ??= signaturesOf(this.#own);
    const signatures = this.#signatures;
    const found = [...new Set(texts)].flatMap((text) => signatures.find(text));
    const judged = found.map((candidate) => {
      const against = candidate.against ?? otherCode(codesOf(candidate.of, this.#own), errorCode);
      return against === undefined ? candidate : { ...candidate, against };
    });
    const known = bestOfEach(judged)
      .filter(({ against, share }) => against === undefined || share >= LEAST_NEAR)
      .map(({ of, ...candidate }): KnownCandidate => ({ id: of, ...candidate }));
    const [best] = known;
    if (best === undefined) return known;
    // What any program may say is a product's error where the stack names the product's client.
    const said = best.against === undefined ? best : known.find(({ against }) => ANYBODYS.has(against ?? ""));
    const own = said && errorOfProduct(said.id, texts);
    if (said === undefined || own === undefined) return known;
    const { against, ...rest } = said;
    return [{ ...rest, id: own, insteadOf: said.id }, ...known.filter(({ id }) => id !== own)];
  }

  /** Takes what came into the knowledge base. @throws ObjectStoreError, KnowledgeCorruptError */
  async refresh(): Promise<void> {
    const own = (await this.#catalog.all()).filter(
      ({ origin, cause }) => origin !== "seed" && cause !== undefined,
    );
    const edition = JSON.stringify(own.map(({ id, pattern }) => [id, pattern]));
    if (edition === this.#edition) return;
    this.#own = own;
    this.#edition = edition;
    this.#signatures = undefined;
  }

  /** Follows the knowledge base until `signal` aborts. */
  async run(
    signal: AbortSignal,
    { refreshMs, clock, log }: { refreshMs: number; clock: Clock; log: Logger },
  ): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.refresh();
        failures = 0;
      } catch (error) {
        failures++;
        log.warn(
          { err: error, failures },
          "signatures of the knowledge base's own entries are not up to date",
        );
      }
      await clock.sleep(failures > 0 ? backoffMs(clock, failures, 1_000, refreshMs) : refreshMs, signal);
    }
  }
}

function signaturesOf(own: readonly CatalogEntry[]): Signatures<string> {
  const signatures: Signature<string>[] = [
    ...seed().map(({ entry, ...known }) => ({ ...known, of: entry.id })),
    ...own
      .filter(({ id }) => !seedById().has(id))
      .map(({ id, pattern }) => ({ of: id, patterns: [pattern] })),
  ];
  const patterns = seed().flatMap((known) => known.patterns);
  return new Signatures(signatures, unpack(patterns, readKnown("readings")));
}

function codesOf(id: string, own: readonly CatalogEntry[]): readonly string[] {
  const errorCode = own.find((entry) => entry.id === id)?.errorCode;
  return seedById().get(id)?.codes ?? (errorCode === undefined ? [] : [errorCode]);
}

/** An error code speaks against knowledge when that has one of the same family: `DNS_SERVFAIL`, and not `DNS_NXDOMAIN`. */
function otherCode(known: readonly string[], seen: string | undefined): string | undefined {
  if (seen === undefined || known.some((code) => seen === code || seen.endsWith(`_${code}`)))
    return undefined;
  const family = familyOf(seen);
  const other = known.find((code) => family !== undefined && familyOf(code) === family);
  return other === undefined ? undefined : `its code is ${seen}, not ${other}`;
}

const familyOf = (code: string) => /^[A-Za-z]+(?=[-_])/.exec(code)?.[0];
