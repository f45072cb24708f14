import { beforeEach, describe, expect, it } from "vitest";
import { backend, checked, empty, items, KEY, lockOf, NAME, NOW, objects } from "../support/state-bucket.ts";

beforeEach(empty);

describe("the lock of a stack", () => {
  const lock = (minutes: number, over: object = {}) =>
    JSON.stringify({
      ID: "0a1b",
      Operation: "OperationTypeApply",
      Who: "ann@laptop",
      Created: new Date(NOW.getTime() - minutes * 60_000).toISOString(),
      ...over,
    });
  const inTable = (text: string) => items.set(`${backend.bucket}/${KEY}`, ["Info", text]);
  const beside = (text: string) => objects.set(`${KEY}.tflock`, text);

  const command = "npx cali unlock --env dev --id 0a1b";

  it("is held for a while by whoever works on it, where nobody here can look", async () => {
    inTable(lock(59));
    expect(await lockOf()).toEqual([
      {
        check: `lock of ${NAME}`,
        status: "warning",
        found: "held by ann@laptop (OperationTypeApply) for 59 min, ID 0a1b",
        remedy:
          "wait until it is given back; when it was not: from 2026-01-25T12:01:00.000Z on, on the machine that took it at once, and with --run <number> as soon as that run of a workflow is over",
        command,
      },
    ]);
  });

  it.each([
    [60, "60 min"],
    [119.9, "119 min"],
    [120, "2 h"],
    [299, "4 h"],
  ])("was left behind after %d minutes", async (minutes, age) => {
    beside(lock(minutes));
    expect(await lockOf()).toEqual([
      {
        check: `lock of ${NAME}`,
        status: "failure",
        found: `held by ann@laptop (OperationTypeApply) for ${age}, ID 0a1b; it is older than an hour, and no run takes as long`,
        allowed: "a lock of what still works",
        remedy: "give it back",
        command,
      },
    ]);
  });

  it("was left behind on this machine when its Terraform is gone, however young it is", async () => {
    inTable(lock(1, { Who: "ann@here" }));
    expect(await lockOf()).toMatchObject([
      {
        status: "failure",
        found: expect.stringContaining("no Terraform or OpenTofu works that was there"),
        command,
      },
    ]);
    const working = [{ pid: 17, startedAt: NOW.getTime() - 61_000 }];
    const sight = { now: NOW, host: "here", processes: working };
    expect((await checked({ sight })).at(-1)).toMatchObject({
      status: "warning",
      found: expect.stringMatching(/process 17$/),
      command,
    });
  });

  it("is one finding where both places have it, and two where they differ", async () => {
    inTable(lock(1));
    beside(lock(1));
    expect(await lockOf()).toHaveLength(1);
    beside(lock(1, { ID: "2c3d" }));
    expect((await lockOf()).map(({ found }) => found.slice(-7))).toEqual(["ID 0a1b", "ID 2c3d"]);
  });

  it("says what is not known of it, and is not of the future where clocks differ", async () => {
    inTable(lock(-5, { Operation: "", Who: undefined }));
    expect(await lockOf()).toMatchObject([
      { status: "warning", found: "held by somebody (unknown operation) for 0 min, ID 0a1b" },
    ]);
  });

  it.each(["", "somebody", "{}", lock(1, { Created: "yesterday" }), lock(1, { ID: "$(id)" })])(
    "is one of nobody knows whom: %s",
    async (text) => {
      inTable(text);
      expect(await lockOf()).toEqual([
        {
          check: `lock of ${NAME}`,
          status: "failure",
          found: expect.stringMatching(/^it is locked, and nobody says by whom: sha256:[0-9a-f]{12}$/),
          allowed: "what Terraform and OpenTofu write",
          remedy: "neither has written it, so it can be given back",
          command: expect.stringMatching(/^npx cali unlock --env dev --id sha256:[0-9a-f]{12}$/),
        },
      ]);
    },
  );
});
