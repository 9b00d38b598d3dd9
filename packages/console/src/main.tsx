import './design/tokens.css';
import './design/base.css';
import './design/components.css';
import './shell/shell.css';
import { render } from 'preact';
import { Shell } from './shell/shell.tsx';

render(<Shell />, document.getElementById('console')!);
