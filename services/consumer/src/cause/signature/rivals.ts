/** What names AWS: its SDKs say a service's name, or the package's alone. */
const AWS = ["aws", "awssdk", "amazon", "amazonaws", "botocore", "boto3", "boto", "s3", "ec2", "lambda"];

/**
 * Products that do the same: an error that names one of them is none of another's, however alike they read. Each with the names that
 * its drivers, exceptions and messages use.
 */
const RIVALS: readonly Readonly<Record<string, readonly string[]>>[] = [
  {
    postgresql: [
      "postgresql",
      "postgres",
      "psql",
      "pgx",
      "psycopg",
      "psycopg2",
      "npgsql",
      "libpq",
      "pq",
      "pg",
      "pgbouncer",
      "postgrex",
      "redshift",
    ],
    cockroach: ["cockroach", "cockroachdb"],
    mysql: ["mysql", "innodb", "mariadb", "mysqld", "pymysql", "mysqldb", "myxql", "aurora", "tidb"],
    sqlserver: ["mssql", "sqlserver", "sqlclient", "tedious"],
    oracle: ["oracle", "ojdbc", "oracledb", "cx_oracle", "ora"],
    mongodb: ["mongodb", "mongo", "mongod", "pymongo", "mongoose"],
    cassandra: ["cassandra", "scylla", "scylladb"],
    dynamodb: ["dynamodb", "dynamo"],
    redis: ["redis", "jedis", "lettuce", "ioredis", "redisson", "valkey", "stackexchange"],
    memcached: ["memcached", "memcache", "spymemcached", "pylibmc"],
    elasticsearch: ["elasticsearch", "opensearch", "elastic"],
    sqlite: ["sqlite", "sqlite3"],
    clickhouse: ["clickhouse"],
    snowflake: ["snowflake"],
    neo4j: ["neo4j"],
    couchbase: ["couchbase"],
    couchdb: ["couchdb"],
    influxdb: ["influxdb", "influx"],
    etcd: ["etcd", "etcdserver"],
    hive: ["hive", "impala", "presto", "trino"],
    milvus: ["milvus"],
    db2: ["db2"],
    firebird: ["firebird"],
    bigquery: ["bigquery"],
    solr: ["solr"],
    hana: ["hana", "sap"],
    teradata: ["teradata"],
    vertica: ["vertica"],
    informix: ["informix"],
    sybase: ["sybase"],
    derby: ["derby"],
    hsqldb: ["hsqldb"],
    duckdb: ["duckdb"],
    spanner: ["spanner"],
    cosmos: ["cosmosdb", "cosmos"],
    questdb: ["questdb"],
    ignite: ["ignite"],
    hazelcast: ["hazelcast"],
    geode: ["geode"],
    infinispan: ["infinispan"],
    aerospike: ["aerospike"],
    arangodb: ["arangodb", "arango"],
    tarantool: ["tarantool"],
    ravendb: ["ravendb"],
    dgraph: ["dgraph"],
    janusgraph: ["janusgraph"],
    meilisearch: ["meilisearch"],
    typesense: ["typesense"],
    qdrant: ["qdrant"],
    weaviate: ["weaviate"],
  },
  {
    kafka: ["kafka", "librdkafka", "kafkajs"],
    rabbitmq: ["rabbitmq", "rabbit", "amqp", "pika", "amqplib", "lapin"],
    sqs: ["sqs"],
    kinesis: ["kinesis"],
    pulsar: ["pulsar"],
    nats: ["nats"],
    activemq: ["activemq", "artemis"],
    pubsub: ["pubsub"],
    mqtt: ["mqtt", "mosquitto"],
    zookeeper: ["zookeeper"],
    ibmmq: ["ibmmq", "mqje", "mqrc"],
    solace: ["solace"],
    emqx: ["emqx"],
    hivemq: ["hivemq"],
    rocketmq: ["rocketmq"],
  },
  {
    s3: [...AWS, "nosuchbucket"],
    "aws-sdk": AWS,
    gcs: ["googleapi", "googleapis", "gcs", "gcp", "gcloud"],
    azure: ["azure", "aadsts"],
    grafana: ["loki", "mimir", "tempo", "promtail"],
    cloudflare: ["cloudflare", "cloudflared"],
    openai: ["openai"],
    stripe: ["stripe"],
    twilio: ["twilio"],
    sendgrid: ["sendgrid"],
    github: ["github", "gitlab"],
  },
  {
    // Kong and APISIX are nginx with plugins.
    nginx: ["nginx", "openresty", "kong", "apisix"],
    envoy: ["envoy", "istio"],
    haproxy: ["haproxy"],
    apache: ["httpd", "apache2"],
    traefik: ["traefik"],
    caddy: ["caddy"],
    varnish: ["varnish", "varnishd"],
    squid: ["squid"],
    iis: ["iis"],
    jetty: ["jetty"],
  },
];

/** What names a runtime in its messages and stack traces; they are nobody's rivals, since programs of several log together. */
const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  jvm: ["java", "javax", "jvm", "hotspot"],
  nodejs: ["node", "nodejs"],
  python: ["python", "traceback"],
  dotnet: ["dotnet", "system", "aspnetcore"],
  go: ["golang", "goroutine"],
  ruby: ["ruby", "rb", "errno"],
};

/** Languages that the seed knows nothing of: what names one is no runtime's error. */
const OTHER_LANGUAGES: Readonly<Record<string, readonly string[]>> = {
  erlang: ["erlang", "elixir", "genserver"],
  haskell: ["haskell", "ghc"],
  julia: ["julia"],
  lua: ["lua", "luajit"],
  ocaml: ["ocaml"],
  perl: ["perl"],
  php: ["php", "zend"],
  swift: ["swift"],
};

/** What names products that nothing is a rival of. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  containerd: ["containerd", "docker", "dockerd", "runc"],
  hikaricp: ["hikari", "hikaricp", "hikaripool"],
  kubernetes: ["kubernetes", "k8s", "kubelet", "kubectl", "kube"],
  "node-postgres": ["pg", "nodepostgres"],
  rails: ["rails", "railties", "actionpack"],
  spark: ["spark", "pyspark"],
  spring: ["spring", "springframework"],
};

const RIVALS_BY_PRODUCT = new Map([
  ...RIVALS.flatMap((group) => Object.keys(group).map((product) => [product, group] as const)),
  ...Object.entries(RUNTIMES).map(
    ([runtime, names]) => [runtime, { [runtime]: names, ...OTHER_LANGUAGES }] as const,
  ),
]);

/** The names that a text would call a product by. */
const namesOf = (product: string): readonly string[] =>
  RIVALS_BY_PRODUCT.get(product)?.[product] ??
  RUNTIMES[product] ??
  OTHER_NAMES[product] ?? [
    product.replaceAll("-", ""),
    ...product.split("-").filter((part) => part.length > 3),
  ];

/** What is part of its clients' names, and of hardly any other word: `Predis`, `flask_pymongo`, `AprMemCache`, `aiokafka`. */
const TELLING =
  /redis|mongo|memcache|kafka|rabbitmq|amqp|postgres|mysql|mariadb|cassandra|dynamodb|elasticsearch|opensearch|milvus|slack|airflow|terraform|nginx|kubernetes/;

/** Whether a text names a product. @param names those in the text */
export const isNamedIn = (names: ReadonlySet<string>, product: string): boolean => {
  if (namesOf(product).some((name) => names.has(name))) return true;
  for (const name of names) if (isClientOf(name, product)) return true;
  return false;
};

/** Whether a name, in lower case, is one of a product's clients or of their errors: `predis`, `mongoerror`. */
export const isClientOf = (name: string, product: string): boolean => {
  const telling = TELLING.exec(name)?.[0];
  return telling !== undefined && namesOf(product).includes(telling);
};

/** What a text names that does the same as the product, when it doesn't name the product; undefined: nothing. */
export function rivalIn(names: ReadonlySet<string>, product: string): string | undefined {
  const group = RIVALS_BY_PRODUCT.get(product);
  if (!group || isNamedIn(names, product)) return undefined;
  return Object.keys(group).find(
    (other) => other !== product && group[other]?.some((name) => names.has(name)),
  );
}

const NAME = /[A-Za-z][A-Za-z0-9_]*/g;
const PARTS = /_|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/;

/** The names in a text, in lower case: each as it is written, and its parts. */
export function namesIn(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [name] of text.matchAll(NAME)) {
    names.add(name.toLowerCase());
    for (const part of name.split(PARTS)) names.add(part.toLowerCase().replace(/\d+$/, ""));
  }
  return names;
}
