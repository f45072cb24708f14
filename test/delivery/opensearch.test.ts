import { logRecordSchema } from "@cali/log-record";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig, parseConfig } from "../../config/load.ts";
import { Connection, type Login } from "../../delivery/commands/opensearch/client.ts";
import { makeReady, type Outcome } from "../../delivery/commands/opensearch/make-ready.ts";
import { securityRoles } from "../../delivery/commands/opensearch/roles.ts";
import { INCIDENT_FIELDS, indexTemplates, LOG_FIELDS } from "../../delivery/commands/opensearch/templates.ts";
import { covers, grantsExactly } from "../../delivery/core/covers.ts";
import { OpenSearchRequestError } from "../../delivery/core/errors.ts";
import { incidentSchema } from "../../services/consumer/src/notify/incidents/document.ts";
import { MASTER, OpenSearchDomain } from "../support/opensearch-domain.ts";

const ACCOUNT = "123456789012";
const dev = loadConfig({ env: "dev" });

let domain: OpenSearchDomain;
let endpoint: string;
beforeEach(async () => {
  domain = new OpenSearchDomain();
  endpoint = await domain.listen();
});
afterEach(() => domain.close());

async function ready(
  over: {
    config?: typeof dev;
    login?: Login;
    checkOnly?: boolean;
    timeoutMs?: number;
    retries?: number;
  } = {},
): Promise<Outcome[]> {
  const { config = dev, login = MASTER, checkOnly = false, timeoutMs = 20_000, retries = 4 } = over;
  const connection = new Connection({ endpoint, login, timeoutMs, retries, retryPauseMs: 1 });
  try {
    return await makeReady({ connection, config, account: ACCOUNT, checkOnly, onOutcome: () => {} });
  } finally {
    await connection.close();
  }
}
const did = (outcomes: readonly Outcome[]) => [...new Set(outcomes.map((one) => one.did))];
const failing = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(OpenSearchRequestError);
  return error as OpenSearchRequestError;
};

describe("makeReady", () => {
  it("puts templates, retention, alias, roles and mappings; a second run changes nothing", async () => {
    expect(did(await ready({ checkOnly: true }))).toEqual(["created", "changed"]);
    expect(domain.changes).toEqual([]);

    const made = await ready();
    expect(made.filter(({ did: one }) => one === "created")).toHaveLength(11);
    const changes = domain.changes.length;
    expect(did(await ready())).toEqual(["unchanged"]);
    expect(did(await ready({ checkOnly: true }))).toEqual(["unchanged"]);
    expect(domain.changes).toHaveLength(changes);
    expect([...domain.managed]).toEqual([["cali-incidents-000001", "cali-incidents"]]);
  });

  it("changes only what differs, and what somebody changed by hand", async () => {
    await ready();
    const changed = parseConfig({ ...dev, domain: { ...dev.domain, retention: { logsDays: 7 } } }, "dev");
    expect((await ready({ config: changed })).filter((one) => one.did !== "unchanged")).toEqual([
      { what: "retention of logs: 7 days", did: "changed" },
    ]);
    expect(JSON.stringify(domain.policies.get("cali-logs"))).toContain('"min_index_age":"7d"');
    domain.mappings.set("cali_reader", {
      backend_roles: ["arn:aws:iam::1:role/foreign"],
      users: [],
      hosts: [],
    });
    const mended = await ready({ config: changed });
    expect(mended.filter((one) => one.did !== "unchanged").map(({ what }) => what)).toEqual([
      expect.stringContaining("mapping of cali_reader"),
    ]);
    expect(JSON.stringify(domain.mappings.get("cali_reader"))).not.toContain("foreign");
  });

  it("switches the audit log on where it is published, leaves its settings, and touches none elsewhere", async () => {
    domain.audit = { enabled: false, audit: { enable_rest: false, ignore_users: ["somebody"] } };
    expect(await ready()).toContainEqual({ what: "audit log", did: "changed" });
    expect(domain.audit).toEqual({
      enabled: true,
      audit: { enable_rest: false, ignore_users: ["somebody"] },
    });
    expect(await ready()).toContainEqual({ what: "audit log", did: "unchanged" });

    domain.audit = { enabled: false };
    for (const types of [[], ["errors"]]) {
      const config = parseConfig({ ...dev, domain: { ...dev.domain, logs: { types } } }, "dev");
      expect((await ready({ config })).map(({ what }) => what)).not.toContain("audit log");
    }
    expect(domain.audit).toEqual({ enabled: false });
  });

  it("gives the retention to indices that were there before it", async () => {
    domain.managed.set("cali-logs-2026-01-24", undefined);
    const outcomes = await ready();
    expect(outcomes).toContainEqual({ what: "retention of 1 older indices cali-logs-*", did: "changed" });
    expect(domain.managed.get("cali-logs-2026-01-24")).toBe("cali-logs");
  });

  it("keeps an index that stands where the alias should", async () => {
    domain.managed.set("cali-incidents", undefined);
    const alias = (await ready()).find(({ what }) => what === "alias cali-incidents");
    expect(alias).toMatchObject({ did: "kept", reason: expect.stringContaining("reindex it") });
  });

  it("goes over what passes: limits, failures", async () => {
    domain.failures.push({ status: 503, body: "busy" }, { status: 429, body: {} });
    expect(did(await ready())).toContain("created");
  });

  describe("when somebody changes a policy between reading and putting", () => {
    const PATH = "/_plugins/_ism/policies/cali-logs";
    const week = parseConfig({ ...dev, domain: { ...dev.domain, retention: { logsDays: 7 } } }, "dev");
    const policyPuts = () => domain.changes.filter((one) => one === `PUT ${PATH}`).length;
    /** Once, or each time. */
    const interfere = (times: number, policy: (now: Record<string, unknown>) => Record<string, unknown>) => {
      let left = times;
      domain.before = ({ method, path }) => {
        const now = domain.policies.get("cali-logs");
        if (method !== "PUT" || path !== PATH || !now || left-- === 0) return;
        domain.policies.set("cali-logs", { policy: policy(now.policy), seqNo: now.seqNo + 1 });
      };
    };

    it("reads it anew and puts it with the new version", async () => {
      await ready();
      interfere(1, (now) => ({ ...now, description: "somebody's" }));
      const outcomes = await ready({ config: week });
      expect(outcomes).toContainEqual({ what: "retention of logs: 7 days", did: "changed" });
      expect(JSON.stringify(domain.policies.get("cali-logs"))).toContain('"min_index_age":"7d"');
      expect(JSON.stringify(domain.policies.get("cali-logs"))).not.toContain("somebody's");
    });

    it("puts nothing more when it now is what is desired", async () => {
      await ready({ config: week });
      const desired = domain.policies.get("cali-logs")?.policy ?? {};
      await ready();
      const before = policyPuts();
      interfere(1, () => desired);
      const outcomes = await ready({ config: week });
      expect(outcomes).toContainEqual({ what: "retention of logs: 7 days", did: "unchanged" });
      expect(policyPuts()).toBe(before + 1);
    });

    it("gives up when it never ends", async () => {
      await ready();
      interfere(100, (now) => ({ ...now, description: "somebody's" }));
      const before = policyPuts();
      expect((await failing(ready({ config: week }))).message).toContain("answered 409: version conflict");
      expect(policyPuts()).toBe(before + 5);
    });
  });

  it("takes away a right that somebody added beside those of a role, or of a mapping", async () => {
    await ready();
    const role = structuredClone(domain.roles.get("cali_reader")) as {
      cluster_permissions: string[];
      index_permissions: { allowed_actions: string[]; fls?: unknown; dls?: unknown }[];
    };
    // As the plugin answers: other order, and empty values.
    role.cluster_permissions.reverse();
    Object.assign(role.index_permissions[0] ?? {}, { fls: [], dls: null, masked_fields: [] });
    domain.roles.set("cali_reader", role);
    expect(did(await ready())).toEqual(["unchanged"]);

    role.index_permissions.push({ allowed_actions: ["indices_all"] });
    domain.mappings.set("cali_firehose", {
      ...domain.mappings.get("cali_firehose"),
      and_backend_roles: ["somebody"],
    });
    const mended = (await ready()).filter((one) => one.did !== "unchanged").map(({ what }) => what);
    expect(mended).toEqual([expect.stringContaining("mapping of cali_firehose"), "role cali_reader"]);
    expect(JSON.stringify(domain.roles.get("cali_reader"))).not.toContain("indices_all");
    expect(JSON.stringify(domain.mappings.get("cali_firehose"))).not.toContain("somebody");
  });

  it("says which index did not get its retention, and why", async () => {
    domain.managed.set("cali-logs-2026-01-24", undefined);
    domain.managed.set("cali-logs-2026-01-25", undefined);
    domain.addFailures.set("cali-logs-2026-01-24", "cluster_block_exception: blocked by [FORBIDDEN/8/index]");
    const { message } = await failing(ready());
    expect(message).toContain("policy cali-logs was not given to 1 indices cali-logs-*");
    expect(message).toContain("cali-logs-2026-01-24: cluster_block_exception: blocked by");
    expect(message).not.toContain("cali-logs-2026-01-25");
  });

  it("does not mind an index that got the same policy meanwhile; another policy it does", async () => {
    const index = "cali-logs-2026-01-24";
    const meanwhile = (policy: string) => {
      domain.managed.set(index, undefined);
      domain.before = ({ path }) => {
        if (path.includes("/_ism/add/")) domain.managed.set(index, policy);
      };
    };
    meanwhile("cali-logs");
    expect((await ready()).map(({ what }) => what)).toContain("retention of 1 older indices cali-logs-*");
    meanwhile("somebodys");
    expect((await failing(ready())).message).toContain(`${index}: This index already has a policy`);
  });

  it("gives the retention to many indices in requests that are short enough, and leaves a chosen policy", async () => {
    for (let day = 0; day < 120; day++)
      domain.managed.set(`cali-logs-${String(day).padStart(10, "0")}`, undefined);
    domain.managed.set("cali-logs-chosen", "somebodys");
    expect((await ready()).map(({ what }) => what)).toContain("retention of 120 older indices cali-logs-*");
    expect(new Set(domain.managed.values())).toEqual(new Set(["cali-logs", "somebodys", "cali-incidents"]));
    const adds = domain.changes.filter((one) => one.includes("/_ism/add/cali-logs"));
    expect(adds).toHaveLength(3);
    for (const one of adds) expect(one.length).toBeLessThan(4_000);
  });

  it("says what in an answer has another form", async () => {
    domain.failures.push({ status: 200, body: { index_templates: "none" } });
    expect((await failing(ready())).message).toMatch(
      /GET \/_index_template\/cali-logs: .*another form[\s\S]*index_templates/,
    );
  });

  it("says what is wrong: a password, a right, a domain that doesn't answer", async () => {
    const wrong = await failing(ready({ login: { ...MASTER, password: "Wrong-Password-1" } }));
    expect(wrong.message).toContain("OpenSearch answered 401: Unauthorized");
    expect(wrong.message).toContain("the password of the user admin is another one");
    expect(wrong.message).not.toContain("Wrong-Password-1");

    domain.failures.push({
      status: 403,
      body: { error: { reason: "no permissions for [indices:admin/index_template/get]" } },
    });
    const forbidden = await failing(ready());
    expect(forbidden.message).toContain(
      "answered 403: no permissions for [indices:admin/index_template/get]",
    );
    expect(forbidden.message).toContain("must be the domain's master user");

    domain.failures.push("hang", "hang");
    const silent = await failing(ready({ timeoutMs: 50, retries: 1 }));
    expect(silent.message).toContain("cannot be reached: no answer in 0.05 s");
    await domain.close();
    expect((await failing(ready({ retries: 0 }))).message).toContain("cannot be reached");
    await domain.listen();
  });
});

describe("what is put", () => {
  const versions = ["OpenSearch_1.3", "OpenSearch_2.5", "OpenSearch_2.7", "OpenSearch_2.19"];

  it.each(versions)("%s: no field's type refuses a whole document", (version) => {
    const config = { ...dev, domain: { ...dev.domain, version } };
    for (const [name, { body }] of indexTemplates(config)) {
      const { settings, mappings } = body.template as {
        settings: { index: { mapping: object } };
        mappings: { dynamic: boolean; properties: Record<string, { type?: string; enabled?: boolean }> };
      };
      expect(settings.index.mapping, name).toEqual({ ignore_malformed: true });
      expect(mappings.dynamic, name).toBe(false);
      for (const [field, { type, enabled }] of Object.entries(mappings.properties)) {
        // An object with fields refuses a text, whatever the index ignores.
        const accepts =
          type === "object"
            ? enabled === false
            : ["date", "keyword", "text", "long", "boolean", "flat_object"].includes(type ?? "object");
        expect(accepts, `${name}.${field}: ${type}`).toBe(true);
      }
    }
  });

  it("has the type flat_object only where OpenSearch knows it", () => {
    const flat = versions.filter((version) =>
      JSON.stringify([...indexTemplates({ ...dev, domain: { ...dev.domain, version } })]).includes(
        "flat_object",
      ),
    );
    expect(flat).toEqual(["OpenSearch_2.7", "OpenSearch_2.19"]);
  });

  it("has a field for everything that a log record and an incident have", () => {
    expect(Object.keys(LOG_FIELDS).sort()).toEqual(Object.keys(logRecordSchema.shape).sort());
    expect(Object.keys(INCIDENT_FIELDS).sort()).toEqual(Object.keys(incidentSchema.shape).sort());
  });

  it("gives nobody all rights, and each only his indices", () => {
    const roles = JSON.stringify([...securityRoles(dev, ACCOUNT)]);
    expect(roles).not.toMatch(/all_access|"\*"|unlimited|indices_all/);
    const reader = JSON.stringify(securityRoles(dev, ACCOUNT).get("cali_reader")?.role.body);
    expect(reader).not.toMatch(/write|crud|manage|create|delete|kibana_all_write/);
    const consumer = JSON.stringify(securityRoles(dev, ACCOUNT).get("cali_consumer")?.role.body);
    expect(consumer).not.toContain("cali-logs");
  });

  it("maps roles as backend roles and users as users", () => {
    const team = [`arn:aws:iam::${ACCOUNT}:user/kim`, `arn:aws:iam::${ACCOUNT}:role/team`];
    const mapping = securityRoles({ ...dev, team }, ACCOUNT).get("cali_reader")?.mapping.body;
    expect(mapping).toEqual({
      backend_roles: [`arn:aws:iam::${ACCOUNT}:role/cali-dev-grafana-role`, team[1]],
      users: [team[0]],
      hosts: [],
    });
  });
});

describe("covers", () => {
  it("holds for what was put, whatever a server adds or writes as text", () => {
    fc.assert(
      fc.property(
        fc.jsonValue().filter((value) => !JSON.stringify(value).includes("null")),
        (value) => {
          const asServer = (one: unknown): unknown =>
            Array.isArray(one)
              ? one.map(asServer)
              : typeof one === "object" && one !== null
                ? { ...Object.fromEntries(Object.entries(one).map(([k, v]) => [k, asServer(v)])), _added: 1 }
                : String(one);
          expect(covers(asServer(value), value)).toBe(true);
        },
      ),
    );
  });

  it.each([
    [{ a: 1 }, { a: 2 }],
    [{}, { a: 1 }],
    [{ a: ["x", "y"] }, { a: ["x"] }],
    [{ a: ["y", "x"] }, { a: ["x", "y"] }],
    ["x", { a: 1 }],
    [null, { a: 1 }],
    [{ a: { b: 1 } }, { a: [] }],
  ])("does not hold for %j where %j was put", (actual, desired) => {
    expect(covers(actual, desired)).toBe(false);
  });
});

describe("grantsExactly", () => {
  const rights = fc.dictionary(
    fc.constantFrom("cluster_permissions", "index_permissions", "users"),
    fc.uniqueArray(
      fc.oneof(fc.string({ minLength: 1 }), fc.record({ allowed_actions: fc.array(fc.string()) })),
    ),
  );

  it("holds in any order and with empty values, and for nothing more", () => {
    fc.assert(
      fc.property(rights, fc.constantFrom("users", "hosts"), (desired, key) => {
        const shuffled = Object.fromEntries(
          Object.entries(desired)
            .reverse()
            .map(([one, list]) => [one, [...list].reverse()]),
        );
        expect(grantsExactly({ ...shuffled, and_backend_roles: [], reserved: false }, desired)).toBe(true);
        const more = { ...shuffled, [key]: [...(shuffled[key] ?? []), "\u{1F511} one more"] };
        expect(grantsExactly(more, desired)).toBe(false);
      }),
    );
  });
});
