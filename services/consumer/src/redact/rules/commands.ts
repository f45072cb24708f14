import { type PatternRule, pattern } from "../rule.ts";
import { hasDigit, isOddlyCased, isPlaceholder, isProse, isSaid } from "../values.ts";

/** One argument: in quotes, or up to white space. */
const ARGUMENT = `(?:"([^"\\n]{1,256})"|'([^'\\n]{1,256})'|([^\\s"'<>|]{1,256}))`;
const isPassword = (value: string) => !isPlaceholder(value) && !isSaid(value) && !value.startsWith("-");
/** As a program's usage names a value: TOKEN]. */
const METAVARIABLE = /^[A-Z_-]*(?:PASS(?:WORD|PHRASE)?|TOKEN|SECRET|KEY|CREDENTIALS?)\]?$/;
/** Up to the option, within the same command. */
const ANYTHING = "[^\\n|;]{0,200}?";

const command = (
  id: string,
  keywords: string[],
  source: string,
  isSecret: NonNullable<PatternRule["isSecret"]> = isPassword,
): PatternRule => ({
  id,
  kind: "password",
  keywords,
  pattern: pattern(source),
  isSecret,
});

/** What is typed, or started by a program, with a password in it. */
export const COMMAND_RULES: readonly PatternRule[] = [
  // --password …, --from-literal=password=… is a label's
  command(
    "password-option",
    ["pass", "-pw", "secret", "token", "key", "credential", "bearer"],
    `(?<![\\w-])--?[\\w-]{0,40}(?:pass(?:word|wd|phrase|code)?|pwd?|secret|token|oauth2-bearer|api-?key|access-?key|credentials?|(?:key|store)pass)\\s{1,4}${ARGUMENT}`,
    (value) => isPassword(value) && !isProse(value) && !METAVARIABLE.test(value),
  ),
  command(
    "user-option",
    ["-u", "--user"],
    `(?<![\\w-])(?:-u|--user|-U)[ =]?\\s{0,3}["']?[^\\s:%,"'<>/-][^\\s:%,"'<>]{0,63}[:%]([^\\s"'<>]{1,256})`,
    (value) => isPassword(value) && !/^\d{1,5}$|:\/\//.test(value),
  ),
  command("lftp", ["ftp"], `\\bl?ftp\\b${ANYTHING}\\s-u\\s{1,4}[^\\s,]{1,64},${ARGUMENT}`),
  command(
    "attached-p",
    ["mysql", "mariadb", "7z", "rar", "mysqldump"],
    `\\b(?:mysql(?:dump|admin|import|show|check|slap|binlog)?|mariadb(?:-dump|-admin)?|7za?|7zr|unrar|rar|kinit)\\b${ANYTHING}\\s-[hp]?p${ARGUMENT}`,
  ),
  command(
    "sshpass",
    [
      "sshpass",
      "mongo",
      "docker",
      "podman",
      "skopeo",
      "az ",
      "helm",
      "buildah",
      "nerdctl",
      "oras",
      "crane",
      "twine",
      "influx",
      "cqlsh",
      "clickhouse",
      "net ",
      "snow",
      "vsql",
      "nexus",
      "argocd",
      "psexec",
      "nxc ",
      "netexec",
      "beeline",
      "cypher-shell",
    ],
    `\\b(?:sshpass|mongo(?:sh|dump|restore|export|import)?|(?:docker|podman|skopeo|buildah|nerdctl|helm registry|oras|crane) login|az login|twine|cqlsh|influx|vsql|snowsql|argocd login|[Pp][Ss][Ee](?:xec|XEC)(?:64)?(?:\\.(?:exe|EXE))?|nxc|netexec|beeline|cypher-shell)\\b${ANYTHING}\\s-p\\s{0,4}${ARGUMENT}`,
    (value) => isPassword(value) && !/^\d{1,5}(?::\d{1,5})?$/.test(value),
  ),
  command(
    "redis-cli",
    ["redis-cli", "valkey-cli", "keydb-cli"],
    `\\b(?:redis|valkey|keydb)-cli\\b${ANYTHING}\\s-a\\s{1,4}${ARGUMENT}`,
  ),
  command(
    "capital-p",
    ["sqlcmd", "bcp ", "zip ", "mosquitto", "isql", "osql", "unzip", "tsql", "ipmitool", "snowsql"],
    `\\b(?:sqlcmd|snowsql|bcp|isql|osql|tsql|zip|unzip|mosquitto_(?:pub|sub|rr)|ipmitool)\\b${ANYTHING}\\s-P\\s{0,4}${ARGUMENT}`,
    (value) => isPassword(value) && !/^\d{1,5}$/.test(value),
  ),
  command(
    "ldap-w",
    ["ldap"],
    `\\bldap(?:search|modify|add|delete|whoami|passwd|compare)\\b${ANYTHING}\\s-[ws]\\s{0,4}${ARGUMENT}`,
  ),
  command(
    "htpasswd",
    ["htpasswd"],
    `\\bhtpasswd\\s{1,4}-\\w{0,8}b\\w{0,8}\\s{1,4}[^\\s]{1,128}\\s{1,4}[^\\s]{1,64}\\s{1,4}${ARGUMENT}`,
  ),
  command("mysqladmin", ["mysqladmin"], `\\bmysqladmin\\b${ANYTHING}\\spassword\\s{1,4}${ARGUMENT}`),
  command(
    "sqlplus",
    ["sqlplus", "rman", "expdp", "impdp", "sqlldr"],
    `\\b(?:sqlplus|rman|expdp|impdp|sqlldr)\\b${ANYTHING}\\s[\\w$#]{1,64}/([^\\s@"'<>]{1,128})(?:@|\\s|$)`,
  ),
  // -u … -p …, of whatever program
  command(
    "user-and-p",
    ["-u "],
    `\\s-u\\s{1,4}[^\\s]{1,128}\\s{1,4}-p\\s{0,4}${ARGUMENT}`,
    (value) =>
      isPassword(value) && !/^[./]|^[\d:.]+$/.test(value) && (hasDigit(value) || /[!@#$%^&*]/.test(value)),
  ),
  command(
    "rdp",
    ["freerdp", "rdesktop"],
    `\\b(?:[xw]l?freerdp|sdl-freerdp)\\b${ANYTHING}\\s/p(?:assword)?:${ARGUMENT}`,
  ),
  command(
    "openssl",
    ["openssl"],
    `\\bopenssl\\b${ANYTHING}\\s-(?:[kK]|hmac|macopt\\s{1,4}(?:hex)?key:)\\s{0,4}${ARGUMENT}`,
  ),
  // ["-p", "…"]: arguments as a program has them
  command(
    "argument-list",
    ["-p", "-a"],
    `["']-[pPa]["']\\s{0,2},\\s{0,2}["']([^"'\\n]{3,256})["']`,
    (value, { index, input }) =>
      isPassword(value) &&
      !/[/=@]|^[\d:.]+$/.test(value) &&
      (/["'](?:-u|-U|--user(?:name)?)["']/.test(input.slice(Math.max(0, index - 160), index)) ||
        (hasDigit(value) && /[A-Z!#$%^&*]/.test(value))),
  ),
  command("net-user", ["net user"], `\\bnet user\\s{1,4}[^\\s/]{1,64}\\s{1,4}([^\\s*/]{3,128})`),
  command("confluent", ["api-key store"], `\\bapi-key store\\s{1,4}[A-Z0-9]{8,32}\\s{1,4}${ARGUMENT}`),
  command(
    "unseal",
    ["unseal"],
    `\\b[Uu]nseal(?:\\s(?:[Kk]ey|[Ss]hare)(?:\\s\\d{1,2})?)?:?\\s{1,4}([A-Za-z0-9+/]{43,64}={0,2})(?![\\w+/=-])`,
    hasDigit,
  ),
  // username kim password 7 …, tacacs-server key 7 …: routers and switches
  command(
    "device-secret",
    ["password ", "secret ", "key ", "key-string "],
    `\\b(?:password|secret|key|key-string)\\s{1,2}\\d{1,2}\\s{1,2}([0-9A-Fa-f]{8,512}|\\$[^\\s"']{8,512})(?=$|[\\s"';])`,
    hasDigit,
  ),
  command(
    "device-server",
    ["radius", "tacacs", "ntp "],
    `\\b(?:radius|tacacs)(?:-server)?\\b[^\\n]{0,80}\\skey\\s{1,2}(?:\\d\\s{1,2})?([^\\s"'<>]{4,256})`,
    (value) => isPassword(value) && (hasDigit(value) || isOddlyCased(value)),
  ),
  command("run-as", ["/rp"], `(?<=\\s)/rp\\s{1,4}${ARGUMENT}`),
  command("ssh-keygen", ["ssh-keygen"], `\\bssh-keygen\\b${ANYTHING}\\s-[NP]\\s{0,4}${ARGUMENT}`),
  command(
    "snmp",
    ["snmp"],
    `\\bsnmp(?:walk|get|getnext|bulkwalk|bulkget|set|trap|table)\\b${ANYTHING}\\s-[cAX]\\s{0,4}${ARGUMENT}`,
    (value) => isPassword(value) && value !== "public",
  ),
  command(
    "wpa-passphrase",
    ["wpa_passphrase", "radtest"],
    `\\b(?:wpa_passphrase|radtest)\\s{1,4}[^\\s]{1,64}\\s{1,4}${ARGUMENT}`,
  ),
  command(
    "db2-connect",
    ["using"],
    `\\bconnect to\\s{1,4}[^\\s]{1,64}\\s{1,4}user\\s{1,4}[^\\s]{1,64}\\s{1,4}using\\s{1,4}${ARGUMENT}`,
  ),
  command(
    "minio-alias",
    ["alias set"],
    `\\balias set\\s{1,4}[^\\s]{1,64}\\s{1,4}[^\\s]{1,256}\\s{1,4}([^\\s"'<>]{3,128})\\s{1,4}([^\\s"'<>]{3,128})`,
  ),
  // WIFI:T:WPA;S:office;P:…;;
  command("wifi-code", ["wifi:"], `\\bWIFI:(?:[A-Z]{1,2}\\d?:[^;\\n]{0,64};){0,6}P:([^;\\n]{4,128});`),
  // [smtp.example.com]:587 user:password, as Postfix has it
  command(
    "relay-login",
    ["]:"],
    `\\[[\\w-]{1,63}(?:\\.[\\w-]{1,63}){1,8}\\](?::\\d{1,5})?\\s{1,4}[A-Za-z][^\\s:]{0,127}:([^\\s"'<>]{4,256})`,
    (value) => isPassword(value) && hasDigit(value) && /[A-Za-z]/.test(value) && !/[/\]]/.test(value),
  ),
  command("pass-argument", ["pass:"], `(?<![\\w])pass:${ARGUMENT}`),
  command(
    "users-of-brokers",
    ["rabbitmqctl", "add_user", "change_password"],
    `\\b(?:add_user|change_password|authenticate_user)\\s{1,4}[^\\s]{1,64}\\s{1,4}${ARGUMENT}`,
  ),
  command("net-use", ["net use"], `\\bnet use\\b${ANYTHING}\\s([^\\s\\\\/:*]{4,128})\\s{1,4}/u(?:ser)?:`),
  command(
    "vault-login",
    ["vault login"],
    `\\bvault login\\s{1,4}${ARGUMENT}`,
    (value) => hasDigit(value) && isPassword(value),
  ),
  command(
    "aws-configure",
    ["aws configure"],
    `\\baws configure set\\s{1,4}[\\w.-]{0,64}(?:secret|key|token)[\\w.-]{0,40}\\s{1,4}${ARGUMENT}`,
  ),
  command(
    "secure-string",
    ["securestring"],
    `(?:ConvertTo-SecureString|PSCredential)\\s{1,4}(?:-String\\s{1,4})?${ARGUMENT}`,
  ),
  // echo … | sudo -S, echo user:… | chpasswd
  command(
    "echo-into",
    ["echo ", "printf "],
    `\\b(?:echo|printf)\\s{1,4}(?:-n\\s{1,4})?["']?(?:[\\w.-]{1,64}:)?([^\\s"'|<>]{4,256})["']?\\s{0,4}\\|\\s{0,4}(?:sudo|chpasswd|passwd|docker|podman|helm|su|gpg|kinit|openssl|base64)\\b`,
  ),
  // machine host login user password …, and ftp's
  command(
    "netrc",
    ["machine ", "default login"],
    `\\b(?:machine\\s{1,4}[^\\s]{1,253}|default)\\s{1,40}(?:login\\s{1,4}[^\\s]{1,128}\\s{1,40})?(?:account\\s{1,4}[^\\s]{1,128}\\s{1,40})?password\\s{1,4}${ARGUMENT}`,
  ),
  // host:port:database:user:password
  {
    id: "pgpass",
    kind: "password",
    keywords: ["pgpass", ":"],
    pattern: pattern(
      /(?<![\w.:/-])(?:[\w.-]{1,253}|\*):(?:\d{2,5}|\*):(?:[\w-]{1,63}|\*):(?:[\w-]{1,63}|\*):([^\s:"'<>]{4,256})(?![\w:])/,
    ),
    isSecret: (value, { input }) =>
      isPassword(value) && (input.includes("pgpass") || (hasDigit(value) && /[A-Za-z]/.test(value))),
  },
  // Lines of shadow, htpasswd, and hashes of passwords anywhere.
  {
    id: "password-hash",
    kind: "secret",
    keywords: [
      "$1$",
      "$8$",
      "$9$",
      "$2",
      "$5$",
      "$6$",
      "$y$",
      "$7$",
      "$apr1$",
      "$argon2",
      "$pbkdf2",
      "$scrypt",
      "$p$",
      "$h$",
      "$s0$",
      "$bcrypt",
      "$gy$",
      "$krb5",
      "$netntlm",
      "$mscash",
      "$dcc2",
      ":::",
    ],
    pattern: pattern(
      /(?<![0-9a-f])[0-9a-f]{32}:[0-9a-f]{32}(?=:::)|\$(?:krb5\w{2,8}|netntlm(?:v2)?|mscash2?|dcc2)\$[^\s"'<>]{12,4096}|\$(?:1|2[abxy]?|[5-9]|y|gy|apr1|argon2(?:id?|d)|pbkdf2[\w-]{0,20}|scrypt|s0|bcrypt[\w-]{0,20}|P|H)\$[\w./$=,+-]{12,512}/,
    ),
  },
  {
    id: "framework-hash",
    kind: "secret",
    keywords: ["pbkdf2", "bcrypt", "argon2", "scrypt", "{ssha", "{sha", "{crypt", "{md5", "{smd5", "{pbkdf"],
    pattern: pattern(
      /(?:\b(?:pbkdf2|bcrypt|argon2|scrypt)[\w:-]{0,24}\$[\w./$=,+:-]{16,512}|\{(?:S?SHA(?:256|384|512)?|S?MD5|CRYPT|PBKDF2[\w-]{0,12})\}[\w./$=+-]{12,512})/,
      "i",
    ),
  },
];
