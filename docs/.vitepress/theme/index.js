/** VitePress's own theme with the fonts of the system: no page loads one. */
import theme from 'vitepress/theme-without-fonts';
import './style.css';

export default theme;
