import type { Language } from "./services.ts";
import type { StackKind } from "./template.ts";

export interface Exception {
  /** How the language names what was thrown. */
  type: string;
  /** What caused it; only languages whose traces show a cause. */
  cause?: string;
  /** Frames inside libraries, the innermost first. `#` stands for a line number. */
  frames: readonly string[];
}

/** What is thrown, by language and kind of failure. */
export const EXCEPTIONS: Readonly<Record<Language, Readonly<Record<StackKind, Exception>>>> = {
  java: {
    database: {
      type: "java.sql.SQLTransientException",
      cause: "java.io.IOException: the statement was not answered",
      frames: [
        "com.zaxxer.hikari.pool.HikariPool.getConnection(HikariPool.java:#)",
        "com.zaxxer.hikari.HikariDataSource.getConnection(HikariDataSource.java:#)",
        "org.springframework.jdbc.core.JdbcTemplate.execute(JdbcTemplate.java:#)",
      ],
    },
    network: {
      type: "java.io.IOException",
      cause: "java.io.IOException: the request was not answered",
      frames: [
        "java.net.http/jdk.internal.net.http.HttpClientImpl.send(HttpClientImpl.java:#)",
        "org.springframework.web.client.RestTemplate.doExecute(RestTemplate.java:#)",
      ],
    },
    memory: {
      type: "java.lang.OutOfMemoryError",
      frames: [
        "java.base/java.util.Arrays.copyOf(Arrays.java:#)",
        "java.base/java.util.ArrayList.grow(ArrayList.java:#)",
      ],
    },
    data: {
      type: "java.lang.IllegalStateException",
      cause: "java.lang.NullPointerException: value is null",
      frames: ["java.base/java.util.Objects.requireNonNull(Objects.java:#)"],
    },
  },
  node: {
    database: {
      type: "Error",
      frames: ["Pool.connect (/app/node_modules/pg-pool/index.js:#:11)"],
    },
    network: {
      type: "FetchError",
      cause: "Error: the request was not answered",
      frames: [
        "Socket.socketErrorListener (node:_http_client:#:5)",
        "Socket.emit (node:events:#:28)",
        "process.processTicksAndRejections (node:internal/process/task_queues:#:21)",
      ],
    },
    memory: { type: "RangeError", frames: ["Buffer.alloc (node:buffer:#:3)"] },
    data: { type: "TypeError", frames: ["JSON.parse (<anonymous>)"] },
  },
  python: {
    database: {
      type: "sqlalchemy.exc.TimeoutError",
      frames: ["sqlalchemy/pool/impl.py|_do_get|raise exc.TimeoutError(message)"],
    },
    network: {
      type: "requests.exceptions.ConnectionError",
      frames: [
        "requests/sessions.py|send|answer = adapter.send(request, **kwargs)",
        "requests/adapters.py|send|raise ConnectionError(err, request=request)",
      ],
    },
    memory: {
      type: "MemoryError",
      frames: ["numpy/core/numeric.py|ones|array = empty(shape, dtype, order)"],
    },
    data: { type: "ValueError", frames: ["json/decoder.py|decode|obj, end = self.raw_decode(text)"] },
  },
  go: {
    database: {
      type: "pq: timeout",
      frames: ["database/sql.(*DB).conn|/usr/local/go/src/database/sql/sql.go"],
    },
    network: {
      type: "net/http: timeout",
      frames: ["net/http.(*Client).do|/usr/local/go/src/net/http/client.go"],
    },
    memory: { type: "out of memory", frames: ["runtime.mallocgc|/usr/local/go/src/runtime/malloc.go"] },
    data: { type: "runtime error", frames: ["runtime.goPanicIndex|/usr/local/go/src/runtime/panic.go"] },
  },
};

/** Names for a service's own frames. */
export const OWN_CODE = {
  classes: ["Controller", "Service", "Repository", "Client", "Handler", "Worker", "Mapper"],
  methods: ["handle", "load", "store", "execute", "find", "apply", "convert", "send"],
} as const;
