/** A log line with something in it that must not leave. */
export interface SecretLine {
  readonly line: string;
  /** Nothing of it may be left. */
  readonly secret: string;
}

/** Put together here, so that nobody's scanner takes them for real ones. */
const join = (...parts: string[]) => parts.join("");
const random = (length: number, alphabet = "aZ3kQ9xW7mB2nV5c") =>
  Array.from({ length }, (_, place) => alphabet[(place * 7 + length) % alphabet.length]).join("");

const PEM = join(
  "-----BEGIN RSA ",
  "PRIVATE KEY-----\n",
  random(64),
  "\n",
  random(64),
  "\n-----END RSA ",
  "PRIVATE KEY-----",
);
const JWT = join("eyJ", random(30), ".", "eyJ", random(60), ".", random(43));

const KEYS: Record<string, string> = {
  aws: join("AK", "IA", "IOSFODNN7", "EXAMPLE"),
  awsTemporary: join("AS", "IA", "IOSFODNN7", "EXAMPLE"),
  github: join("gh", "p_", random(36)),
  githubFine: join("github", "_pat_", random(40)),
  gitlab: join("gl", "pat-", random(20)),
  slackBot: join("xo", "xb-", "123456789012-", random(24)),
  slackApp: join("xa", "pp-1-", random(24)),
  openai: join("s", "k-proj-", random(40)),
  anthropic: join("s", "k-ant-", random(40)),
  stripe: join("s", "k_live_", random(24)),
  stripeTest: join("r", "k_test_", random(24)),
  google: join("AI", "za", random(35)),
  googleToken: join("ya", "29.", random(40)),
  npm: join("np", "m_", random(36)),
  pypi: join("py", "pi-", random(60)),
  digitalOcean: join("do", "p_v1_", random(64, "0123456789abcdef")),
  sendgrid: join("S", "G.", random(22), ".", random(43)),
  huggingFace: join("h", "f_", random(34)),
  webhookSigning: join("wh", "sec_", random(32)),
  docker: join("dck", "r_pat_", random(27)),
  vault: join("hv", "s.", random(90)),
  atlassian: join("AT", "ATT3x", random(60)),
  shopify: join("sh", "pat_", random(32, "0123456789abcdef")),
  gitlabRunner: join("gl", "rt-", random(20)),
  twilio: join("S", "K", random(32, "0123456789abcdef")),
  telegram: join("123456789", ":A", "A", random(33)),
  awsSecret: join("wJalrXUtnFEMI/", "K7MDENG/", "bPxRfiCYEXAMPLEKEY"),
};

const PASSWORD = join("Tr0ub4dor", "&3x");

const PHRASES = [
  "login failed with {}",
  "given {}, which is no longer valid",
  "retrying ({}) in 3 s",
  "header {} was refused",
];

const keyLines = Object.values(KEYS).flatMap((secret) =>
  PHRASES.map((phrase) => ({ line: phrase.replace("{}", secret), secret })),
);

const assignment = [
  ["password=", ""],
  ["password: ", ""],
  ['"password":"', '"'],
  ["'passwd' => '", "'"],
  ["DB_PASSWORD=", ""],
  ["db.pwd=", ""],
  ["secret = ", ""],
  ['"clientSecret": "', '"'],
  ["client_secret=", ""],
  ["api_key=", ""],
  ["apiKey: ", ""],
  ["X-Api-Key: ", ""],
  ["access_key=", ""],
  ["aws_secret_access_key=", ""],
  ["token=", ""],
  ["access_token: ", ""],
  ['"refreshToken":"', '"'],
  ["session_id=", ""],
  ["Set-Cookie: sid=1; session=", ""],
  ["signature=", ""],
  ["connection_string=", ""],
  ["credentials: ", ""],
  ["private_key=", ""],
] as const;

const assignmentLines = assignment.map(([before, after]) => ({
  line: `connect refused, ${before}${PASSWORD}${after}, host db-3`,
  secret: PASSWORD,
}));

const urls = ["postgres", "mysql", "mongodb+srv", "redis", "amqp", "https", "jdbc:postgresql", "s3"].map(
  (scheme) => ({
    line: `cannot open ${scheme}://app:${PASSWORD}@db-3.internal:5432/orders?x=1 after 3 tries`,
    secret: PASSWORD,
  }),
);

const others: SecretLine[] = [
  {
    line: join(
      "-----BEGIN PGP ",
      "PRIVATE KEY BLOCK-----\nProc-Type: 4,ENCRYPTED\n\n",
      random(64),
      "\n-----END PGP ",
      "PRIVATE KEY BLOCK-----",
    ),
    secret: random(64),
  },
  { line: `body {\\"password\\":\\"${PASSWORD}\\",\\"a\\":1} refused`, secret: PASSWORD },
  { line: `DefaultEndpointsProtocol=https;AccountKey=${random(40)}==;x=1`, secret: random(40) },
  { line: `Authorization: Token ${random(40)}`, secret: random(40) },
  { line: "cannot open postgres://app:a/b@c-Tr0ub4dor@db-3:5432/orders", secret: "a/b@c-Tr0ub4dor" },
  // The first and the later pairs of a Cookie header.
  { line: `Cookie: theme=dark; sid=${PASSWORD}; lang=ko`, secret: PASSWORD },
  { line: `request refused, cookie: a=1; b=2; remember_me=${random(24)}; c=3 by gate`, secret: random(24) },
  { line: `{"headers":{"Cookie":"lang=ko; JSESSIONID=${random(24)}"}}`, secret: random(24) },
  { line: `Set-Cookie: sid=${random(24)}; Path=/; HttpOnly`, secret: random(24) },
  ...[
    "the password is {}",
    "password is: {}, and it was refused",
    "Password was '{}'",
    'the new password is now "{}"',
    "user kim with password {} was refused",
    "passphrase {}",
    "password changed to {}",
    "the api key is {}",
    "secret is {} since yesterday",
    "비밀번호는 {} 입니다",
    "비밀번호: {}",
    "login --password {} --host db-3",
    "curl -u app:{} https://db-3.internal/x",
    "GET /callback?password%3D{}",
    "dsn app:{}@tcp(db-3:3306)/orders",
    "jdbc:oracle:thin:app/{}@//db-3:1521/orders",
    "Server=tcp:db-3,1433;User ID=sa;Password={};Encrypt=true",
    "host=db-3 user=app password={} dbname=orders",
    "env PGPASSWORD={} psql",
    "Endpoint=sb://bus/;SharedAccessKeyName=a;SharedAccessKey={}",
    "blob?sv=2026&sig={}&se=1",
    "redis://:{}@cache-1:6379/0",
  ].map((line) => ({ line: line.replace("{}", PASSWORD), secret: PASSWORD })),
  // A word of the language may be a password, too.
  { line: "the password is correcthorse", secret: "correcthorse" },
  { line: "OTP is 482913, sent by text", secret: "482913" },
  { line: "card refused, CVV 731", secret: "731" },
  { line: `Proxy-Authorization: Negotiate ${random(40)}`, secret: random(40) },
  { line: "text to 010 1234 5678 failed", secret: "010 1234 5678" },
  { line: `key ${PEM} was refused`, secret: random(64) },
  ...["Bearer", "bearer", "Basic"].map((scheme) => ({
    line: `Authorization: ${scheme} ${random(40)}`,
    secret: random(40),
  })),
  ...["{}", "token {}", "Cookie: auth={}", "[{}]"].map((place) => ({
    line: place.replace("{}", JWT),
    secret: JWT.slice(10, 60),
  })),
  {
    line: join("posting to https://hooks", ".slack.com/services/T012345/B012345/", random(24), " failed"),
    secret: random(24),
  },
];

const personal: SecretLine[] = [
  ...["kim.lee@example.com", "KIM+tag@mail.example.co.kr", "a_b-c@sub.domain.example.org"].flatMap(
    (address) => [
      { line: `mail to ${address} bounced`, secret: address },
      { line: `user=<${address}> not found`, secret: address },
      { line: `{"email":"${address}"}`, secret: address },
    ],
  ),
  ...["10.20.30.40", "192.168.1.254", "203.0.113.7"].flatMap((address) => [
    { line: `client ${address} gave up`, secret: address },
    { line: `from ${address}:51234, to peer`, secret: address },
    { line: `[${address}] timed out`, secret: address },
  ]),
  ...["2001:db8:0:0:8:800:200c:417a", "fe80::1ff:fe23:4567:890a", "::ffff:1"].map((address) => ({
    line: `peer ${address} gave up`,
    secret: address,
  })),
  // Numbers that card schemes give out for tests.
  ...[
    join("4242", "4242", "4242", "4242"),
    join("4242 ", "4242 ", "4242 ", "4242"),
    join("5555-", "5555-", "5555-", "4444"),
    join("3782", "822463", "10005"),
    join("6011", "1111", "1111", "1117"),
  ].map((card) => ({ line: `card ${card} was declined`, secret: card })),
  ...[
    "+82 10-1234-5678",
    "+1 415-555-0132",
    "010-1234-5678",
    "02-123-4567",
    "(415) 555-0132",
    "415-555-0132",
    "01012345678",
    "010.1234.5678",
    "+821012345678",
    "+82 2 123 4567",
    "070-1234-5678",
    "(02) 123-4567",
    "0505-123-4567",
    "+44 20 7946 0958",
    "+49 (0)30 901820",
    "415.555.0132",
  ].map((phone) => ({
    line: `text to ${phone} failed`,
    secret: phone,
  })),
  ...[join("DE89", "370400440532013000"), join("GB82 ", "WEST 1234 5698 7654 32")].map((iban) => ({
    line: `transfer to ${iban} failed`,
    secret: iban,
  })),
  ...[
    join("900101-", "1234567"),
    join("900101", "1234567"),
    join("900101 - ", "2234567"),
    join("051231-", "3234567"),
    join("850505-", "5234567"),
    join("900101-", "1******"),
  ].flatMap((number) => [
    { line: `customer ${number} is locked`, secret: number },
    { line: `주민등록번호 ${number} 확인 실패`, secret: number },
    { line: `{"rrn":"${number}"}`, secret: number },
  ]),
  ...[
    join("123-45-", "6789"),
    join("11-12-", "123456-01"),
    join("110-123-", "456789"),
    "00:1a:2b:3c:4d:5e",
  ].map((number) => ({ line: `holder ${number} was not found`, secret: number })),
  { line: "bounced: kim.lee%40example.com", secret: "kim.lee%40example.com" },
  { line: "김철수@example.co.kr 발송 실패", secret: "김철수@example.co.kr" },
  { line: "pan_4242424242424242 was declined", secret: "4242424242424242" },
  { line: "card 4242.4242.4242.4242 was declined", secret: "4242.4242.4242.4242" },
  { line: "ip-10-20-30-40.ec2.internal is gone", secret: "ip-10-20-30-40" },
  { line: "route to 2001:db8:85a3:: is gone", secret: "2001:db8:85a3::" },
];

/** Lines with keys, tokens, passwords and personal data. */
export const SECRET_LINES: readonly SecretLine[] = [
  ...keyLines,
  ...assignmentLines,
  ...urls,
  ...others,
  ...personal,
];

/** Lines in which nothing is secret: they stay as they are. */
export const PLAIN_LINES: readonly string[] = [
  "request 4711 took 1234 ms after 3 tries",
  "version 1.2.3-rc.4 of checkout is ready",
  "order ord-000123456789 was placed at 2026-01-25T01:02:03.456Z",
  "commit 8f14e45fceea167a5a36dedd4bea2543 was deployed",
  "id 3f2504e0-4f89-11d3-9a0c-0305e82c3301 is unknown",
  "GET /v1/orders/17?limit=10 503 in 12.5ms",
  "pool exhausted: total=10, active=10, idle=0, waiting=42",
  "at com.example.Checkout.pay(Checkout.java:117)",
  "sequence 49590338271490256608559692538361571095921575989136588898 is done",
  "the password of the user has expired",
  "no token was given",
  "password is incorrect",
  "the password is too short, 3 of 8",
  "password was reset by an administrator",
  "token is expired since 3 s",
  "비밀번호가 틀렸습니다",
  "failed to negotiate TLS",
  "cookie is missing",
  "checked 1769302923456 ms since the epoch",
  "2026-01-25T01:02:03Z backup of orders-2026-01-25 done",
  "std::vector<int>::at: out of range",
  "heap 1536 MiB of 2048 MiB",
  "메시지 17개를 처리하지 못했습니다",
];
