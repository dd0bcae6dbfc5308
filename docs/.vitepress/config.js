/**
 * The site: what `npm run docs` makes of the pages in pages/, which scripts/docs-pages.js and TypeDoc have written.
 * Nothing on it comes from another host, and the policy in its head sees to that.
 */

import { readFileSync } from 'node:fs';
import { anchorOf } from '../../scripts/docs-pages.js';
import { sidebar } from '../../scripts/docs-sidebar.js';
import { drawDiagrams } from './diagrams.js';

const policy = [
  "default-src 'self'",
  "img-src 'self' data:",
  // Which of the two appearances it is has to be known before the first paint; code has its colours as styles.
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
].join('; ');

const icon = readFileSync(new URL('../../playground/public/favicon.svg', import.meta.url), 'utf8');

const chinese = {
  nav: [
    { text: '入门', link: '/guide/getting-started' },
    { text: '参考', link: '/reference/server-options' },
    { text: 'API', link: '/reference/api/' },
  ],
  outline: { label: '本页内容', level: [2, 3] },
  docFooter: { prev: '上一页', next: '下一页' },
  darkModeSwitchLabel: '外观',
  lightModeSwitchTitle: '切换到浅色模式',
  darkModeSwitchTitle: '切换到深色模式',
  sidebarMenuLabel: '菜单',
  returnToTopLabel: '回到顶部',
  langMenuLabel: '语言',
  skipToContentLabel: '跳转到内容',
};

const chineseSearch = {
  button: { buttonText: '搜索', buttonAriaLabel: '搜索' },
  modal: {
    displayDetails: '显示详细列表',
    resetButtonTitle: '清除',
    backButtonTitle: '关闭',
    noResultsText: '没有结果：',
    footer: { selectText: '选择', navigateText: '切换', closeText: '关闭' },
  },
};

export default {
  srcDir: '.vitepress/pages',
  title: 'hawser',
  description: 'A WebSocket stack for Node.js: an engine without I/O, a server and a client',
  head: [
    ['meta', { 'http-equiv': 'Content-Security-Policy', content: policy }],
    ['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(icon)}` }],
  ],
  locales: {
    root: { label: 'English', lang: 'en' },
    'zh-CN': {
      label: '简体中文',
      lang: 'zh-CN',
      description: '面向 Node.js 的 WebSocket 协议栈',
      themeConfig: chinese,
    },
  },
  // Addresses of the reader's own machine; every other link has to lead somewhere.
  ignoreDeadLinks: 'localhostLinks',
  markdown: {
    anchor: { slugify: anchorOf },
    languageAlias: { haproxy: 'nginx' },
    config: drawDiagrams,
  },
  // The index of the search is one file, loaded when somebody searches.
  vite: { build: { chunkSizeWarningLimit: 2_000 } },
  themeConfig: {
    i18nRouting: false,
    nav: [
      { text: 'Guide', link: '/guide/getting-started' },
      { text: 'Reference', link: '/reference/server-options' },
      { text: 'API', link: '/reference/api/' },
    ],
    sidebar: sidebar(),
    outline: { level: [2, 3] },
    search: { provider: 'local', options: { locales: { 'zh-CN': { translations: chineseSearch } } } },
  },
};
