import { join } from "node:path";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import type { ConsumerConfigInput } from "../../src/config/load.ts";
import { bytesOf, DEAD_LETTERS, type DeadLetter, deadLetterSchema } from "../../src/decode/dead-letters.ts";
import { type Consumer, startConsumer } from "../../src/pipeline/consumer.ts";
import type { ConsumerOverrides } from "../../src/pipeline/parts.ts";
import { FolderObjectStore } from "../../src/state/objects/folder.ts";
import type { ObjectStore } from "../../src/state/objects/types.ts";
import { SqliteStateStore } from "../../src/state/sqlite.ts";
import { KinesisServer } from "./kinesis-server.ts";
import { temporaryFolder } from "./process.ts";
import { SlackServer } from "./slack-server.ts";

type Sections = { [Key in keyof ConsumerConfigInput]?: Partial<ConsumerConfigInput[Key]> };

/** The whole consumer in this process, with a Kinesis, a Slack and a folder of its own; all ends with the test. */
export class Rig {
  readonly kinesis: KinesisServer;
  readonly slack = new SlackServer();
  readonly said: { level: string; msg: string; [key: string]: unknown }[] = [];
  folder = "";
  objects: ObjectStore = new FolderObjectStore("unset");
  #endpoint = "";
  #webhookUrl = "";
  readonly #running = new Set<Consumer>();

  private constructor(shards: number) {
    this.kinesis = new KinesisServer(shards);
  }

  static async create(shards = 1): Promise<Rig> {
    const rig = new Rig(shards);
    const { folder, remove } = await temporaryFolder();
    rig.folder = folder;
    rig.objects = new FolderObjectStore(join(folder, "objects"));
    rig.#endpoint = await rig.kinesis.listen();
    rig.#webhookUrl = await rig.slack.listen();
    onTestFinished(async () => {
      for (const consumer of rig.#running) await consumer.stop();
      await rig.kinesis.close();
      await rig.slack.close();
      await remove();
    });
    return rig;
  }

  get stateFile(): string {
    return join(this.folder, "state.sqlite");
  }

  /** @param as what it is started as. Default: engine `single` */
  async start(
    sections: Sections = {},
    overrides: ConsumerOverrides = {},
    as: typeof startConsumer = startConsumer,
  ): Promise<Consumer> {
    const consumer = await as(this.configOf(sections), { ...this.overrides, ...overrides });
    this.#running.add(consumer);
    return consumer;
  }

  configOf(sections: Sections = {}): ConsumerConfigInput {
    return {
      region: "us-east-1",
      kinesis: {
        stream: "logs",
        endpoint: this.#endpoint,
        minReadIntervalMs: 5,
        pollIntervalMs: 10,
        discoveryIntervalMs: 50,
        ...sections.kinesis,
      },
      state: { file: this.stateFile, ...sections.state },
      objects: { folder: join(this.folder, "objects"), ...sections.objects },
      limits: sections.limits,
      grouping: sections.grouping,
      llm: sections.llm,
      // Those that are about it say so: the model takes a second to load.
      knowledge: { vectors: "none", ...sections.knowledge },
      openSearch: sections.openSearch,
      slack: { webhookUrl: this.#webhookUrl, paceMs: 10, ...sections.slack },
      http: { host: "127.0.0.1", port: 0 },
    };
  }

  get overrides(): ConsumerOverrides {
    const sink = { write: (line: string) => void this.said.push(JSON.parse(line)) };
    return {
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      log: pino({ formatters: { level: (level) => ({ level }) } }, sink),
      objects: this.objects,
    };
  }

  async stop(consumer: Consumer): Promise<void> {
    this.#running.delete(consumer);
    await consumer.stop();
  }

  /** Everything in dlq/, in the order of their places. */
  async deadLetters(): Promise<(DeadLetter & { bytes: Buffer })[]> {
    const letters: (DeadLetter & { bytes: Buffer })[] = [];
    for await (const { key } of this.objects.list(DEAD_LETTERS)) {
      const text = Buffer.from((await this.objects.get(key)) ?? []).toString();
      for (const line of text.trimEnd().split("\n")) {
        const letter = deadLetterSchema.parse(JSON.parse(line));
        letters.push({ ...letter, bytes: Buffer.from(bytesOf(letter)) });
      }
    }
    return letters.sort((a, b) => (a.sequenceNumber < b.sequenceNumber ? -1 : 1));
  }

  /** Opens the state after the consumer was stopped. */
  openState(): SqliteStateStore {
    const store = new SqliteStateStore(this.stateFile);
    onTestFinished(() => store.close());
    return store;
  }
}
