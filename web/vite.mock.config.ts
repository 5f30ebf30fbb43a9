import { mergeConfig } from 'vite';

import { mock } from './tests/mock/plugin';
import page from './vite.config';

// For `npm run dev`: the page before a pool of 1,000,000 items that does not exist.
export default mergeConfig(page, { plugins: [mock()] });
