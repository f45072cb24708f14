import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/**
 * Programs that ask somebody else's service, or need a browser: these take what the references of the real ones allow, refuse anything
 * else, and answer only when what the real ones need is there.
 */
const PROGRAMS = {
  // https://docs.aws.amazon.com/cli/latest/reference/{configure/sso,sso/login,sts/get-caller-identity}.html, version 2
  aws: `die() { echo "aws: $1" >&2; exit 252; }
words="$1 $2"; shift 2; profile=$AWS_PROFILE; region=$AWS_REGION
while [ $# -gt 0 ]; do
  case "$1" in
    --profile) profile=$2 ;;
    --region) region=$2 ;;
    *) die "Unknown options: $1" ;;
  esac
  [ -n "$2" ] || die "argument $1: expected one argument"
  shift 2
done
profile="$HOME/\${profile:-default}"
case "$words" in
  "configure sso") touch "$profile" "$profile.token" ;;
  "sso login") [ -e "$profile" ] || die "Missing the following required SSO configuration values"; touch "$profile.token" ;;
  "sts get-caller-identity")
    [ -n "$region" ] || die "You must specify a region"
    [ -e "$profile.token" ] || die "Unable to locate credentials" ;;
  *) die "Found invalid choice: $words" ;;
esac`,
  // https://cli.github.com/manual/{gh_api,gh_secret_set}
  gh: `die() { echo "gh: $1" >&2; exit 1; }
echo "$*" >>"$HOME/gh.calls"
case "$*" in
  "api user --jq .id") echo 42 ;;
  "secret set "*)
    [ $# = 3 ] || die "accepts at most 1 arg(s)"
    case "$3" in *[!A-Z0-9_]*|[0-9]*|GITHUB_*) die "failed to set secret: invalid name" ;; esac
    [ -n "$(cat)" ] || die "secret value is empty" ;;
  "api -X "*)
    case "$3" in PUT|POST) ;; *) die "unknown method $3" ;; esac
    case "$4" in repos/*/*/*) ;; *) die "unknown path $4" ;; esac
    case "$*" in
      *" conditions[ref_name][exclude][] "*) ;;
      */rulesets*) die "Invalid target patterns: ''" ;;
    esac
    shift 4
    while [ $# -gt 0 ]; do
      case "$1" in -f|-F) ;; *) die "unknown flag: $1" ;; esac
      case "$2" in
        *id]=*[!0-9]*|*id]=) die "$2: Invalid request" ;;
        name=*) grep -qsx "$2" "$HOME/rulesets" && die "Name must be unique"; echo "$2" >>"$HOME/rulesets" ;;
        [a-z]*=?*|*"[]") ;;
        *) die "field \\"$2\\" requires a value separated by an '=' sign" ;;
      esac
      shift 2
    done ;;
  *) die "unknown command" ;;
esac`,
  // https://developer.hashicorp.com/terraform/cli/commands/{init,state/replace-provider}
  terraform: `die() { echo "Error: $1" >&2; exit 1; }
case "$*" in
  "init -upgrade") ;;
  "state replace-provider -auto-approve "*)
    [ $# = 5 ] || die "Exactly two arguments expected"
    for address in "$4" "$5"; do
      case "$address" in */*/*/*|*[!a-z0-9./-]*) die "Invalid provider" ;; *.*/*/*) ;; *) die "Invalid provider" ;; esac
    done
    sed "s#$4#$5#" terraform.tfstate >new && mv new terraform.tfstate ;;
  *) die "$*: not a command" ;;
esac`,
};

/** @returns what types a line in a shell, with the fake programs first on its `PATH`; it rejects when the line fails. */
export function strictPrograms(folder: string, names: readonly (keyof typeof PROGRAMS)[]) {
  const [bin, cwd] = [join(folder, "bin"), join(folder, "home")];
  for (const one of [bin, cwd]) mkdirSync(one);
  for (const name of names) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${PROGRAMS[name]}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const env = {
    PATH: [bin, process.env.PATH].join(delimiter),
    HOME: cwd,
    CHECKPOINT_DISABLE: "1",
  };
  /** @param input what the line reads. */
  return async (shell: string, line: string, input = ""): Promise<string> => {
    const started = promisify(execFile)(shell, ["-c", line], { cwd, env });
    started.child.stdin?.on("error", () => {}).end(input);
    return (await started).stdout;
  };
}
