/** Subjects as Conventional Commits have them, short enough for `git log --oneline`, and a body that says why. */
export default {
  // Dependabot's subjects are as long as its packages' names; they stay when somebody adds a commit to its branch.
  ignores: [(message) => /^Signed-off-by: dependabot\[bot\] /m.test(message)],
  extends: ["@commitlint/config-conventional"],
  rules: {
    "header-max-length": [2, "always", 72],
    "body-empty": [2, "never"],
    // Text and links of machines (Renovate) are as long as they are.
    "body-max-line-length": [0],
    "footer-max-line-length": [0],
    "subject-case": [0],
  },
};
