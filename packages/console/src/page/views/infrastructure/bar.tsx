/** How much of a whole is taken, as a picture of a number that stands beside it. */
export function Bar({ part, whole }: { readonly part: number; readonly whole: number }) {
  const share = whole > 0 ? part / whole : 0;
  return (
    <div class={share > 1 ? "bar over" : "bar"} aria-hidden="true">
      <div style={{ width: `${Math.min(1, share) * 100}%` }} />
    </div>
  );
}
