const ADDRESS = /(?<![\w.:-])((?:[A-Za-z][\w-]*|\d{1,3})(?:\.[\w-]+)*):(\d{2,5})(?![\w-]|:\S|\.\d)/g;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
/** Each pod's own. */
const OWN = /^(?:localhost|127\.[\d.]+|0\.0\.0\.0)$/i;
/** `Orders.java:12`, `com.acme.Orders:12`. */
const SOURCE =
  /\.(?:java|kts?|scala|groovy|clj|go|py|rb|php|[cm]?[jt]sx?|rs|cs|fs|cc?|cpp|cxx|hh?|hpp|swift|exs?|erl|lua|sh|sql|ya?ml|json|xml)$|(?:^|\.)[A-Z][\w$-]*$/;
/** Of databases, caches and queues: with any other port a plain word may be a key, as in `status:503`. */
const PORTS = new Set(
  "1433 1521 2181 2379 3306 4222 5432 5671 5672 6379 6432 8123 9042 9092 9200 11211 27017 50051".split(" "),
);
const PLAIN_WORD = /^[A-Za-z_]+$/;
const MOST = 10;

/** Addresses with a port that a text names, `orders-db.internal:5432`: what does not log can be known by no other name. */
export function addressesIn(text: string): string[] {
  const found = new Set<string>();
  for (const [, host = "", port = ""] of text.matchAll(ADDRESS)) {
    const isHost = IPV4.test(host) || (/^[A-Za-z]/.test(host) && !SOURCE.test(host));
    if (!isHost || OWN.test(host) || (PLAIN_WORD.test(host) && !PORTS.has(port))) continue;
    found.add(`${host}:${port}`);
    if (found.size === MOST) break;
  }
  return [...found];
}
