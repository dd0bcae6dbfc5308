/**
 * Draws the Mermaid diagrams of the documents when the site is built, so that a page needs no script for them. Their
 * colours are those of the theme, light or dark: see theme/style.css.
 */
import { renderMermaidSVG } from 'beautiful-mermaid';

/**
 * Has a Markdown renderer draw blocks of the language `mermaid`.
 * @param {import('markdown-it').default} markdown
 */
export function drawDiagrams(markdown) {
  const { fence } = markdown.renderer.rules;
  markdown.renderer.rules.fence = (...rendering) => {
    const [tokens, index] = rendering;
    const { info, content } = tokens[index];
    return info.trim() === 'mermaid' ? diagram(content) : fence(...rendering);
  };
}

/** The style that comes with a drawing loads a font from elsewhere, and Vue takes no style in a page. */
function diagram(code) {
  const svg = renderMermaidSVG(code, { transparent: true, padding: 8 }).replace(
    /<style>[\s\S]*?<\/style>/,
    '',
  );
  return `<figure class="diagram" v-pre>${svg.replace(/ style="[^"]*"/, ' role="img"')}</figure>\n`;
}
