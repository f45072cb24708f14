/** What the expressions below refer to; real Terraform gets it as variables. */
export const SCOPE = {
  var: { name: "cali", list: ["b", "a", "b"], nested: { list: [{ url: "https://x/y" }] }, port: 8080 },
};

/** Expressions as they stand in Terraform's JSON syntax, and their values. Checked against real Terraform, too. */
export const EXPRESSIONS: [string, unknown][] = [
  ["plain", "plain"],
  ["", ""],
  ["${var.name}", "cali"],
  ["${var.list}", ["b", "a", "b"]],
  ["${var.port}", 8080],
  ["${var.name}-logs-${var.port}", "cali-logs-8080"],
  ["$${var.name}", "${var.name}"],
  ["%%{if}", "%{if}"],
  ['{"a":"${var.name}","b":[1]}', '{"a":"cali","b":[1]}'],
  ["${var.nested.list[0].url}", "https://x/y"],
  ['${replace(var.nested.list[0].url, "https://", "")}:sub', "x/y:sub"],
  ["${toset(var.list)}", ["a", "b"]],
  ['${jsonencode(flatten([var.list, "c", [["d"]]]))}', '["b","a","b","c","d"]'],
  ['${jsonencode({"b" = 1, "a" = [true, null]})}', '{"a":[true,null],"b":1}'],
  ['${join("-", concat(var.list, ["z"]))}', "b-a-b-z"],
  ["${length(var.name) >= 4 && length(var.list) <= 2 || false}", false],
  ['${can(regex("[A-Z]", var.name))}', false],
  ['${can(regex("[a-z]", var.name)) ? "lower" : "none"}', "lower"],
  ["${(1 + 2) * 3 - 4 % 3}", 8],
  ["${!(var.port == 8080)}", false],
  ['${"quoted \\"${var.name}\\" text"}', 'quoted "cali" text'],
  ["${tostring(var.port)}", "8080"],
];
