/** Who says it, or where it stands: what follows speaks of an error, and is none. */
const SPEECH = [
  /(?:^|[\s[(])(?:docs?|documentation|chat|ticket|runbook|playbook|fix(?:e[sd])?|commit(?= [\da-f]{6,40}\b|:)|changelog|release notes?|faq|post-?mortem|question|reminder|design note|onboarding)(?:\s[\w#./-]{1,40}){0,4}:\s/i,
  /^\W{0,3}(?:docs?|ticket|runbook|commit(?= [\da-f]{6,40}\b|:)|fixed|reminder|post-?mortem|how (?:to|do))\b/i,
  /^\W{0,3}[A-Z][A-Z0-9]{1,9}-\d{1,7} \[[A-Z][a-z ]+\]/,
  /^\W{0,3}(?:pass\b|(?:test|it)\b.*\bpassed\b)/i,
  // What runs tests names them by what they are about: Go, pytest, Jest and Vitest, RSpec, Maven, JUnit.
  /^\s*(?:(?:---|===) (?:FAIL|PASS|SKIP|RUN|CONT|PAUSE)\b|(?:FAILED|PASSED|ERROR) \S+\.py::|[✓✔✕✗×●] |rspec \.\/|(?:not )?ok \d+ - |\[(?:ERROR|INFO)\]\s+Tests run:)/,
  /\b(?:see|read|follow|open|update[sd]?|wrote) (?:the |our |a )?(?:runbook|playbook|wiki|ticket|guide|article)\b/i,
  /\b(?:customers?|users?|colleagues?|somebody|someone|anybody|support|team|he|she|they|we) (?:(?:also|now|still|has|have) )?(?:reports?|reported|says?|said|asks?|asked|complains?|complained|claims?|mentions?|mentioned|wrote|writes|saw|seen)\b/i,
  /\b(?:has|have) (?:anybody|anyone|somebody|someone|you)\b|\bwhat does\b.*\bmean\b/i,
  /\b(?:search(?:ed|es|ing)?|look(?:ed|ing)|grep(?:ped)?|filter(?:ed|ing)?|asked) for ["“'`«]/i,
  /\b(?:explain(?:s|ed)?|simulat(?:ed?|es|ing)|injected|test case|unit test)\b/i,
  /^(?:\W|\w+ comment: ){0,3}(?:why|how|should|shall|could) (?:do|does|did|is|are|i|we|you|they)\b.{0,300}\?\s*$/i,
  /\b(?:if|when) the (?:log|alert|message) (?:says|shows|reads|contains)\b/i,
  /^\W{0,3}(?:if|when(?:ever)?) you (?:see|get|run into)\b/i,
];
/** What was, and is no more; what was looked for, and is not there. */
const OVER = [
  /\brecovered (?:from|after)\b/i,
  /\bretr(?:y|ied|ies)\b.{0,80}\b(?:succeeded|successful|worked|ok)\b/i,
  /\b(?:succeeded|worked|is back|healthy again) (?:after|on|at|again)\b/i,
  /\b(?:reconnected (?:to|after)|re-established|back to normal|(?:has|have) left)\b/i,
  /\b(?:is|are|was|were) (?:on|off|enabled|disabled)[\s.!]*$/i,
  /^\W{0,3}health(?:check)?\b.*\bok\b/i,
  /\bno longer (?:seen|occurs?|happens?|fails?|reproducible)\b/i,
  /\b(?:alert|incident|alarm)\b.{0,80}\b(?:resolved|cleared)\b|\bticket\b.{0,20}\bclosed\b/i,
  /\b(?:0|no|zero|without) (?:new |more |further )?(?:errors|warnings|failures|timeouts|deadlocks|oom kills|["“'`](?!(?:CONNECT|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) )\w+ )/i,
];

/** A name in the code that isn't there, whatever error is called so: `object has no attribute 'expired_jwt'`. */
const LACKED_ATTRIBUTE = /\bhas no attribute(?:\*\*)? ['"`\\]/;

/** What says before and behind a name that a program lacks what is called so: nobody threw that error. */
const LACKED = {
  before:
    /(?:has no (?:attribute|member)|cannot import name|(?:uninitialized|undefined) constant|undefined (?:name|variable|method)|name|instanceof'? is not callable:?) ['"`]?(?:[\w.]+(?:::|\.))?$/,
  behind: /^['"`]? (?:is (?:not defined|undefined|not a constructor)|has already been declared)\b/,
};

/** A line of source, of a command's help, of a test's report or of metrics: it holds an error's words, and tells of none. */
const CODE = [
  /^\s*(?:\}\s*)?(?:return|throw|raise|await|expect|assert|const|let|var|final|static|public|private|export)\b.*[;)\]]\s*(?:\/\/.*)?$/,
  /^\s*(?:\}\s*)?(?:if|else if|for|while|switch|catch|try)\b.*\{/,
  /^\s*(?:- )?alert: \S+\s+expr: /,
  /^\s*assert (?:not )?["'`(]/,
  /^\s*(?:import|from)\s.+\s(?:from|import)\s/,
  /^\s*rescue [A-Z][\w:, ]*(?:=> \w+)?\s*$|^\s*except [\w.(][^:]*:|^\s*(?:case|when) (["']).+\1(?::| then\b)/,
  /^\s*@\w+\([\w.]+\)\s*$/,
  /^\s*(?:[a-z_]\w*\.)+(?:log|error|warn|warning|info|debug|fatal|New|Errorf?|Wrapf?|Fatalf?|Printf?|Println)\(\s*["'`].*\)[;,]?\s*(?:\/\/.*)?$/,
  /^\s*(?:panic|it|test|describe)\(\s*["'`]/,
  /^\s*(?:\/\/|\/\*|--) \S|^\s*- \[[ x]\] |^\s*\|.*\|\s*$/,
  /^\s*(?:usage|options|help|synopsis|known issues?|[qa]): /i,
  /^\s*(?:-\w, )?--[a-z][\w-]*(?:[ =]\S+)?\s{2,}\S/,
  /^\s*test\S* .*\.\.\. ?(?:ok|failed|skipped|error)\s*$/i,
  /^\s*[a-z_:][a-z0-9_:]*_(?:total|count|sum|bucket)(?:\{[^}]*\})?\s+[\d.e+]+\s*$/,
  /^\s*[a-z_:][a-z0-9_:]*\{[a-z_]\w*="[^}]*\}\s+[\d.e+]+\s*$/,
  /^\s*[a-z]\w*\.[A-Za-z]\w*\([^()"'`]*\)[;,]?\s*$/,
  /\b(?:threshold|alert rule) (?:for|of|on)?\b.{0,120}\b(?:set|raised|lowered|changed|enabled|disabled)\b/i,
];

/**
 * What shows that a line only speaks of errors: a ticket, a commit's message, a chat, documentation, code, or that one is over.
 * Undefined: it may be one.
 */
export function mentionIn(line: string): string | undefined {
  if (SPEECH.some((speech) => speech.test(line))) return "it speaks of an error";
  if (CODE.some((code) => code.test(line))) return "it is code or a help text";
  if (LACKED_ATTRIBUTE.test(line)) return "it names what a program lacks";
  if (OVER.some((over) => over.test(line))) return "it says that an error is over";
  return undefined;
}

/** Whether the text says that a program has nothing of that name. */
export const isLacked = (text: string, from: number, name: string): boolean =>
  LACKED.before.test(text.slice(Math.max(0, from - 60), from)) ||
  LACKED.behind.test(text.slice(from + name.length, from + name.length + 40));
