/** The page: what stands around the views, and which of them is shown. */
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { ConnectionCard } from './connection-card.js';
import { choose, language, languages, texts } from './language/language.js';
import { RpcConnectionCard } from './rpc/rpc-connection-card.js';
import { BinaryView } from './views/binary-view.js';
import { CompareView } from './views/compare-view.js';
import { FramesView } from './views/frames-view.js';
import { HandshakeView } from './views/handshake-view.js';
import { LifeView } from './views/life-view.js';
import { RpcView } from './views/rpc-view.js';
import { TextView } from './views/text-view.js';

const views = {
  text: TextView,
  binary: BinaryView,
  frames: FramesView,
  handshake: HandshakeView,
  life: LifeView,
  rpc: RpcView,
  compare: CompareView,
} satisfies Record<string, FunctionComponent>;

type ViewName = keyof typeof views;

const names = Object.keys(views) as ViewName[];
const shown = signal(viewOf(location.hash));
addEventListener('hashchange', () => {
  shown.value = viewOf(location.hash);
});

function viewOf(hash: string): ViewName {
  return names.find((name) => `#${name}` === hash) ?? 'text';
}

/** The whole page. */
export function App() {
  const View = views[shown.value];
  const { name, about } = texts.value[shown.value];
  return (
    <>
      <Masthead />
      <main>
        <ShownConnection />
        <ViewNavigation />
        <section class="view" aria-labelledby="view-heading">
          <div class="view-head">
            <h2 id="view-heading">{name}</h2>
            <p class="about">{about}</p>
          </div>
          <View />
        </section>
      </main>
    </>
  );
}

/** The connection that the view is about; the view that compares has several of its own. */
function ShownConnection() {
  if (shown.value === 'compare') return null;
  return shown.value === 'rpc' ? <RpcConnectionCard /> : <ConnectionCard />;
}

function Masthead() {
  const { tagline, source, languages: label } = texts.value;
  return (
    <header class="masthead">
      <div>
        <h1>
          hawser <span>{tagline}</span>
        </h1>
        <p class="about">{source}</p>
      </div>
      <fieldset class="languages">
        <legend class="visually-hidden">{label}</legend>
        {languages.map(({ tag, name }) => (
          <button
            key={tag}
            type="button"
            lang={tag}
            aria-pressed={tag === language.value}
            onClick={() => choose(tag)}
          >
            {name}
          </button>
        ))}
      </fieldset>
    </header>
  );
}

function ViewNavigation() {
  const all = texts.value;
  return (
    <nav class="views" aria-label={all.views}>
      {names.map((name) => (
        <a key={name} href={`#${name}`} aria-current={name === shown.value ? 'page' : undefined}>
          {all[name].name}
        </a>
      ))}
    </nav>
  );
}
