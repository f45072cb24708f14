// The page's own script. It reads what the page shows and writes no HTML.
const all = (selector) => [...document.querySelectorAll(selector)];
const one = (selector) => document.querySelector(selector);
const tools = one(".tools");
if (tools) {
  tools.hidden = false;
  const entries = all(".entry");
  const texts = new Map();
  const textOf = (entry) => {
    if (!texts.has(entry)) texts.set(entry, entry.textContent.toLowerCase());
    return texts.get(entry);
  };
  const search = one("#search");
  const filters = all(".filter");

  const isFolded = (entry) => entry instanceof HTMLDetailsElement;
  const visibleEntries = () => entries.filter((entry) => !entry.hidden);

  function show() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const on = new Set(
      filters.filter((button) => button.ariaPressed === "true").map((button) => button.dataset.group),
    );
    for (const entry of entries) {
      const stack = entry.closest(".stack").firstElementChild.textContent.toLowerCase();
      entry.hidden = !(
        on.has(entry.dataset.group) &&
        words.every((word) => textOf(entry).includes(word) || stack.includes(word))
      );
    }
    for (const part of all(".group, .stack")) part.hidden = !part.querySelector(".entry:not([hidden])");
    const count = visibleEntries().length;
    one("#shown").value = `${count} of ${entries.length}`;
    one("#none").hidden = count > 0;
  }

  function fold(isOpen) {
    for (const entry of visibleEntries().filter(isFolded)) entry.open = isOpen;
  }

  function clear() {
    search.value = "";
    for (const button of filters) button.ariaPressed = "true";
    show();
  }

  /** Moves the focus to the next entry that is shown, or the one before. */
  function step(by) {
    const shown = visibleEntries();
    const at = shown.findIndex((entry) => entry.contains(document.activeElement));
    const next = shown[at === -1 ? (by > 0 ? 0 : shown.length - 1) : at + by];
    if (!next) return;
    (isFolded(next) ? next.querySelector("summary") : next).focus();
    next.scrollIntoView({ block: "nearest" });
  }

  const themes = ["system", "light", "dark"];
  function theme() {
    const next =
      themes[(themes.indexOf(document.documentElement.dataset.theme ?? "system") + 1) % themes.length];
    document.documentElement.dataset.theme = next;
    one("#theme span").textContent = next;
  }

  search.addEventListener("input", show);
  for (const button of filters) {
    button.addEventListener("click", (event) => {
      // With Alt, Ctrl or Shift: this one alone.
      if (event.altKey || event.ctrlKey || event.shiftKey) {
        for (const other of filters) other.ariaPressed = String(other === button);
      } else button.ariaPressed = String(button.ariaPressed !== "true");
      show();
    });
  }
  one("#unfold").addEventListener("click", () => fold(true));
  one("#fold").addEventListener("click", () => fold(false));
  one("#theme").addEventListener("click", theme);

  const keys = {
    "/": () => search.focus(),
    e: () => fold(true),
    c: () => fold(false),
    t: theme,
    j: () => step(1),
    k: () => step(-1),
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      clear();
      search.blur();
      return;
    }
    if (event.altKey || event.ctrlKey || event.metaKey || event.target === search) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
