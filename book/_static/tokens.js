/* Shows a text as tokens while it is typed, under several vocabularies, and replays the merges of the largest.
   The algorithm is that of vibejam_core/text/bpe.py; a test compares the two. */

(() => {
  "use strict";

  /* JavaScript has neither possessive quantifiers nor, everywhere, (?i:...). Nothing in this pattern gives back what it
     has taken, so the plain quantifiers match the same. And its \s takes U+FEFF for a space, which Unicode doesn't. */
  const PIECES = new RegExp(
    "'(?:[sdmtSDMT\u017f]|[lL]{2}|[vV][eE]|[rR][eE])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}" +
    "| ?[^\\p{White_Space}\\p{L}\\p{N}]+[\\r\\n]*|\\p{White_Space}*[\\r\\n]" +
    "|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+", "gu");

  class Vocabulary {
    constructor(flat, count) {
      this.bytes = Array.from({ length: 256 }, (_, byte) => [byte]);
      this.made = new Map();
      this.pairs = [];
      for (let i = 0; i < count; i++) {
        const [left, right] = [flat[2 * i], flat[2 * i + 1]];
        this.pairs.push([left, right]);
        this.made.set(left * 65536 + right, 256 + i);
        this.bytes.push([...this.bytes[left], ...this.bytes[right]]);
      }
    }

    /* The ids of a text, with only the first `limit` merges. */
    encode(text, limit = this.pairs.length) {
      const ids = [];
      for (const [piece] of text.matchAll(PIECES)) ids.push(...this.piece(piece, 256 + limit));
      return ids;
    }

    piece(piece, below) {
      let ids = [...new TextEncoder().encode(piece)];
      for (;;) {
        let best = below;
        for (let i = 0; i + 1 < ids.length; i++) {
          best = Math.min(best, this.made.get(ids[i] * 65536 + ids[i + 1]) ?? below);
        }
        if (best >= below) return ids;
        const [left, right] = this.pairs[best - 256];
        const merged = [];
        for (let i = 0; i < ids.length; i++) {
          if (ids[i] === left && ids[i + 1] === right) { merged.push(best); i++; } else merged.push(ids[i]);
        }
        ids = merged;
      }
    }

    /* How a token is shown: a dot for a space, an arrow for a line break, numbers for a broken character. */
    visible(id) {
      const hex = byte => "\\x" + byte.toString(16).padStart(2, "0");
      try {
        const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(new Uint8Array(this.bytes[id]));
        const signs = { " ": "·", "\n": "↵", "\t": "→" };
        return [...text].map(c => signs[c] ?? (/[\p{C}\p{Z}]/u.test(c) ? `\\x${c.codePointAt(0).toString(16)}` : c)).join("");
      } catch {
        return this.bytes[id].map(hex).join("");
      }
    }
  }

  const make = (name, className, ...inside) => {
    const element = document.createElement(name);
    element.className = className;
    element.append(...inside);
    return element;
  };

  const start = () => {
    const place = document.getElementById("tokens-live");
    const data = window.vocabularies;
    if (!place || !data) return;
    const largest = new Vocabulary(data.merges, data.merges.length / 2);
    window.tokensOf = (text, limit) => largest.encode(text, limit);

    const area = make("textarea", "tokens-text");
    area.rows = 4;
    area.maxLength = 2000;
    area.value = data.text;
    area.spellcheck = false;
    area.id = "tokens-text";
    const label = make("label", "tokens-label", "Your text");
    label.htmlFor = area.id;

    const chips = (limit) => {
      const ids = largest.encode(area.value, limit);
      const row = make("p", "tokens", ...ids.map(id => {
        const chip = make("span", "token", largest.visible(id));
        chip.title = `id ${id}`;
        return chip;
      }));
      return [ids, row];
    };

    const rows = data.sizes.map(size => {
      const head = make("p", "tokens-head"), body = make("div", "");
      const show = () => {
        const [ids, row] = chips(size - 256);
        const n = new TextEncoder().encode(area.value).length;
        const each = ids.length ? `, ${(n / ids.length).toFixed(2)} bytes each` : "";
        head.replaceChildren(make("strong", "", `${size.toLocaleString("en")} tokens`),
          `: the text becomes ${ids.length}${each}`);
        body.replaceChildren(row);
      };
      return { head, body, show };
    });

    /* The replay: only merges that change this text are stops. */
    const slider = make("input", "tokens-slider");
    slider.type = "range";
    slider.min = 0;
    slider.value = 0;
    slider.id = "tokens-slider";
    const sliderLabel = make("label", "tokens-label", "Merges, one after another");
    sliderLabel.htmlFor = slider.id;
    const told = make("p", "tokens-head"), played = make("div", "");
    told.setAttribute("aria-live", "polite");
    let stops = [];
    const replay = () => {
      const at = Number(slider.value);
      const merge = at ? stops[at - 1] : -1;
      const [ids, row] = chips(merge + 1);
      const said = merge < 0 ? "Nothing merged: every byte is a token" :
        `Merge ${(merge + 1).toLocaleString("en")}: ${largest.pairs[merge].map(id => largest.visible(id)).join(" + ")} ` +
        `→ ${largest.visible(256 + merge)}`;
      told.replaceChildren(make("strong", "", said), `; ${ids.length} tokens`);
      [...row.children].forEach((chip, i) => chip.classList.toggle("fresh", ids[i] === 256 + merge));
      played.replaceChildren(row);
    };
    const update = () => {
      rows.forEach(row => row.show());
      const used = new Set();
      const note = id => {
        if (id < 256 || used.has(id)) return;
        used.add(id);
        largest.pairs[id - 256].forEach(note);
      };
      largest.encode(area.value).forEach(note);
      stops = [...used].map(id => id - 256).sort((a, b) => a - b);
      slider.max = stops.length;
      slider.value = Math.min(Number(slider.value), stops.length);
      replay();
    };
    area.addEventListener("input", update);
    slider.addEventListener("input", replay);

    place.replaceChildren(label, area, ...rows.flatMap(row => [row.head, row.body]), sliderLabel, slider, told, played);
    update();
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
