import { type ConsumerConfig, parseConfig } from "../src/config/load.ts";
import { SqliteStateStore } from "../src/state/sqlite.ts";
import { VirtualBucket } from "./bucket.ts";
import { Checks } from "./checks.ts";
import { Dice } from "./dice.ts";
import { VirtualLeases } from "./leases.ts";
import { linesOf } from "./lines.ts";
import { Network } from "./network.ts";
import { type Engine, type Happening, type Plan, type PlannedRecord, planOf } from "./plan.ts";
import { type Process, Replica, Workers } from "./process.ts";
import { causesOf, sinksOf, VirtualChannel, type VirtualIndex } from "./sinks.ts";
import { fileWorld, type StateWorld, type Tamper, tableWorld } from "./store.ts";
import { VirtualStream } from "./stream.ts";
import { Life, VirtualTime } from "./time.ts";

export interface ScheduleResult {
  readonly seed: number;
  readonly events: number;
  /** What did not hold, in words. */
  readonly violations: readonly string[];
}

export interface ScheduleOptions {
  readonly tamper?: Tamper;
  /** Default: as the seed says. */
  readonly engine?: Engine;
  /** Takes each thing that happens, with its time. */
  readonly onTrace?: (line: string) => void;
}

/** A pod that ended is started again after it, ms. */
const RESTART_MS = 700;
/**
 * Everything has its effect so long after the last fault: a fence that nobody renews is taken over, a call that hung is given up after
 * 30 s, Slack and OpenSearch are tried again after a minute at most, and a group's last lines are notified.
 */
const IN_TIME_MS = 180_000;
/** The grace of a pod, with time to spare for what is in flight. */
const STOP_MS = 30_000;
/** Between two looks whether all is done, ms. */
const LOOK_MS = 250;
const LATENCY_MS = 40;

const CONFIG = parseConfig({
  region: "us-east-1",
  kinesis: { stream: "logs", discoveryIntervalMs: 3_000 },
  state: { table: "state", leaseDurationMs: 3_000 },
  objects: { bucket: "objects" },
  limits: { stallMs: 20_000 },
  grouping: {
    groupWaitMs: 1_000,
    groupIntervalMs: 2_000,
    repeatIntervalMs: 3_500,
    warnLeastLines: 1,
    newKindsAnHour: 1_000,
  },
  slack: { paceMs: 50, resolvedAfterMs: 3_000 },
  openSearch: { endpoint: "https://search.invalid", auth: "none", batch: 4, maxWaiting: 2 },
  knowledge: { vectors: "none" },
});

/** Runs one schedule on virtual time. The same seed is the same schedule, event by event. */
export async function runSchedule(seed: number, options: ScheduleOptions = {}): Promise<ScheduleResult> {
  const dice = new Dice(seed);
  const schedule = new Schedule(planOf(dice.fork(), options.engine), dice, options);
  await schedule.run();
  return { seed: seed >>> 0, events: schedule.events, violations: schedule.violations };
}

/** `reader`: it reads the stream; with engine `single` it notifies as well. */
type Kind = "reader" | "notifier";

interface Running {
  readonly kind: Kind;
  readonly life: Life;
  readonly process: Process;
}

class Schedule {
  readonly #plan: Plan;
  readonly #options: ScheduleOptions;
  readonly #time = new VirtualTime();
  readonly #dice: Dice;
  readonly #stream: VirtualStream;
  readonly #leases = new VirtualLeases();
  readonly #bucket = new VirtualBucket();
  readonly #channel = new VirtualChannel();
  readonly #index: VirtualIndex = new Set();
  readonly #checks: Checks;
  readonly #network: Network;
  readonly #state: StateWorld;
  readonly #file: SqliteStateStore | undefined;
  readonly #config: ConsumerConfig;
  /** Those that run, in the order of their starts. */
  readonly #running: Running[] = [];
  #started = 0;
  readonly #starting: Record<Kind, number> = { reader: 0, notifier: 0 };
  #isOver = false;
  #isEnding = false;

  constructor(plan: Plan, dice: Dice, options: ScheduleOptions) {
    const { batchRecords, bufferedBytes, pollIntervalMs, shards, isFile, windows } = plan;
    this.#plan = plan;
    this.#dice = dice;
    this.#options = options;
    this.#stream = new VirtualStream(shards, this.#time, dice.fork());
    this.#checks = new Checks({
      stream: this.#stream,
      bucket: this.#bucket,
      channel: this.#channel,
      index: this.#index,
    });
    this.#network = new Network({
      time: this.#time,
      dice: dice.fork(),
      windows,
      latencyMs: LATENCY_MS,
      trace: (text) => this.#trace(text),
    });
    const { tamper = {} } = options;
    this.#file = isFile ? new SqliteStateStore(":memory:") : undefined;
    this.#state = this.#file ? fileWorld(this.#checks, this.#file) : tableWorld(this.#checks, tamper);
    this.#config = {
      ...CONFIG,
      kinesis: { ...CONFIG.kinesis, batchRecords, pollIntervalMs },
      limits: { ...CONFIG.limits, bufferedBytes },
    };
  }

  get events(): number {
    return this.#time.events;
  }

  get violations(): readonly string[] {
    return this.#checks.violations;
  }

  async run(): Promise<void> {
    const { happenings, windows, replicas, activeMs } = this.#plan;
    for (const one of windows)
      this.#trace(() => `${one.share} of ${one.port} ${one.fault} from ${one.from} until ${one.until}`);
    for (let i = 0; i < replicas; i++) this.#start("reader");
    if (this.#plan.engine === "kcl") this.#start("notifier");
    for (const happening of happenings) this.#time.after(happening.at, () => this.#happen(happening));
    this.#time.after(activeMs, () => this.#look());
    const until = activeMs + IN_TIME_MS;
    await this.#time.run(until, () => this.#isOver || this.violations.length > 0);
    await this.#end();
  }

  /** Stops the processes as Kubernetes does, and looks at what there is. */
  async #end(): Promise<void> {
    this.#isEnding = true;
    const running = [...this.#running];
    const hasFailed = this.violations.length > 0;
    for (const one of hasFailed ? [] : running) this.#stop(one);
    await this.#time.run(this.#time.now + STOP_MS, () => hasFailed || this.#running.length === 0);
    for (const { life, process } of running) {
      if (!life.isOver && !hasFailed) this.#checks.violate(`progress: ${life.name} does not stop`);
      else if (!hasFailed && process.heldBytes !== 0)
        this.#checks.violate(`memory: ${life.name} holds ${process.heldBytes} bytes after it stopped`);
      life.kill();
    }
    const life = new Life("the end", this.#time, this.#dice.next);
    const quiet = new Network({ time: this.#time, dice: this.#dice, windows: [], latencyMs: 1, trace() {} });
    let isRead = false;
    const reading = this.#state.open(life, quiet).then(async (store) => {
      const totals = await store.totals();
      if (this.violations.length === 0) this.#checks.end(totals);
      isRead = true;
    });
    await this.#time.run(Number.POSITIVE_INFINITY, () => isRead);
    await reading;
    await this.#file?.close();
  }

  #look(): void {
    const missing = this.#checks.missing();
    if (missing === undefined) this.#isOver = true;
    else this.#time.after(LOOK_MS, () => this.#look());
  }

  #happen(happening: Happening): void {
    if ("which" in happening) {
      this.#trouble(happening);
      return;
    }
    this.#trace(() => happening.do);
    const [one, other] = this.#stream.open;
    if (happening.do === "put") for (const record of happening.records) this.#put(record);
    else if (happening.do === "split") one && this.#stream.split(one);
    else if (happening.do === "merge") one && other && this.#stream.merge(one, other);
    else if (happening.do === "loseCheckpoints") this.#leases.lose();
    else if (happening.do === "startNotifier") this.#start("notifier");
    else if (!this.#plan.isFile) this.#start("reader");
  }

  #trouble(happening: Extract<Happening, { which: number }>): void {
    const chosen = this.#running[happening.which % this.#running.length];
    if (!chosen) return;
    const { life } = chosen;
    this.#trace(() => `${happening.do} ${life.name}`);
    if (happening.do === "kill") this.#gone(chosen, "is killed");
    else if (happening.do === "freeze") life.freeze(happening.ms);
    else if (happening.do === "setClock") life.offsetMs += happening.ms;
    else this.#stop(chosen);
  }

  #put({ shard, payloads, hasIds }: PlannedRecord): void {
    const { open } = this.#stream;
    const to = open[shard % open.length];
    const arrivedAt = new Life("the producer", this.#time, this.#dice.next).clock().now();
    if (to)
      this.#stream.put(
        to,
        linesOf(payloads, { dice: this.#dice, at: arrivedAt, hasIds }),
        payloads,
        arrivedAt,
      );
  }

  #start(kind: Kind): void {
    const life = new Life(`process-${++this.#started}`, this.#time, this.#dice.fork().next);
    this.#trace(() => `${life.name} starts as ${kind}`);
    this.#starting[kind]++;
    this.#open(kind, life)
      .then(async (process) => {
        this.#starting[kind]--;
        if (this.#isEnding) return life.kill();
        const running = { kind, life, process };
        this.#running.push(running);
        this.#watch(running);
        await process.run().catch((error: unknown) => this.#gone(running, `ends: ${error}`));
      })
      .catch((error: unknown) => {
        this.#starting[kind]--;
        this.#trace(() => `${life.name} cannot start: ${error}`);
        if (!this.#isEnding) this.#time.after(RESTART_MS, () => this.#start(kind));
      });
  }

  async #open(kind: Kind, life: Life): Promise<Process> {
    const { tamper } = this.#options;
    const { isBot, engine } = this.#plan;
    const openPorts = async () => {
      const ports = {
        store: await this.#state.open(life, this.#network),
        stream: this.#stream.portOf(life, this.#network),
        objects: this.#bucket.portOf(life, this.#network),
        sinks: sinksOf(life, this.#network, { channel: this.#channel, index: this.#index, isBot }),
        causes: causesOf(life, this.#network),
      };
      return tamper?.ports?.(ports, life) ?? ports;
    };
    const ports = await openPorts();
    if (engine === "single") return new Replica(life, this.#config, ports);
    if (kind === "notifier") return new Replica(life, this.#config, ports, "notifier");
    const leases = this.#leases.portOf(life, this.#network);
    return new Workers(life, this.#config, { stream: ports.stream, leases, openPorts, tamper: tamper?.work });
  }

  #stop(one: Running): void {
    void one.process.stop().then(() => this.#gone(one, "has stopped"));
  }

  #watch(running: Running): void {
    const { life, process } = running;
    const { excess } = process;
    if (excess !== undefined) this.#checks.violate(`memory: ${life.name} has ${excess}`);
    life.after(LOOK_MS, () => this.#watch(running));
  }

  /** A process has ended; another is started in its place while fewer run than wanted. */
  #gone(one: Running, why: string): void {
    if (one.life.isOver) return;
    one.life.kill();
    this.#running.splice(this.#running.indexOf(one), 1);
    this.#trace(() => `${one.life.name} ${why}`);
    const { kind } = one;
    const wanted = kind === "notifier" ? 1 : this.#plan.replicas;
    this.#time.after(RESTART_MS, () => {
      const running = this.#running.filter((other) => other.kind === kind).length;
      if (!this.#isEnding && running + this.#starting[kind] < wanted) this.#start(kind);
    });
  }

  #trace(text: () => string): void {
    this.#options.onTrace?.(`${String(this.#time.now).padStart(7)} ms  ${text()}`);
  }
}
