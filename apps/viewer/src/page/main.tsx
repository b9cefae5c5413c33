/** Shows the report that stands in the page. */
import { render } from 'preact';
import type { Report } from '../report.js';
import { App } from './app.js';
import { Run } from './run.js';
import './style.css';

const data = document.getElementById('report')?.textContent ?? '{}';
const run = new Run(JSON.parse(data) as Report);
render(<App run={run} />, document.getElementById('app')!);
