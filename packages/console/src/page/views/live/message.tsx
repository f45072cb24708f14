import type { Block, Words } from "../../../protocol.ts";

/** A curve of blocks, which is one word. */
const CURVE = /^[▁▂▃▄▅▆▇█]+$/;

/** A message as Slack shows it. Its words are text; an address is one that we made, and http or https. */
export function Message({ blocks }: { blocks: readonly Block[] }) {
  return (
    <div class="message">
      {blocks.map((block, place) => (
        <Part key={place} block={block} />
      ))}
    </div>
  );
}

function Part({ block }: { block: Block }) {
  if (block.kind === "listing") {
    return (
      <>
        <p>
          <b>{block.title}</b>
        </p>
        <pre>{block.text}</pre>
      </>
    );
  }
  if (block.kind === "fields") {
    return (
      <div class="fields">
        {block.fields.map((words, place) => (
          <p key={place}>{words.map(wordOf)}</p>
        ))}
      </div>
    );
  }
  const content = block.words.map(wordOf);
  return block.kind === "heading" ? (
    <h3>{content}</h3>
  ) : (
    <p class={block.kind === "small" ? "hint" : ""}>{content}</p>
  );
}

function wordOf({ text, style, url }: Words) {
  if (url !== undefined && /^https?:/.test(url)) {
    return (
      <a href={url} rel="noreferrer noopener" target="_blank">
        {text}
      </a>
    );
  }
  if (CURVE.test(text.trim())) return <span class="rate">{text}</span>;
  if (style === "bold") return <b>{text}</b>;
  if (style === "italic") return <i>{text}</i>;
  return style === "code" ? <code>{text}</code> : text;
}
