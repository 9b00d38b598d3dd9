/** Two ways to work with a page: by mouse, and by keys alone. Both find what they want by its role and name. */
import type { Locator, Page } from 'playwright-core';

export interface Hands {
  readonly name: 'a mouse' | 'a keyboard';
  readonly press: (page: Page, what: Locator) => Promise<void>;
  /** Makes a row of a grid the one that is worked with. */
  readonly choose: (page: Page, row: Locator) => Promise<void>;
  readonly fill: (page: Page, field: Locator, text: string) => Promise<void>;
}

/** Tabs until it has the focus: what cannot be reached so is out of reach for those without a mouse. Errors: when it cannot. */
export async function reach(page: Page, what: Locator): Promise<void> {
  await what.waitFor();
  for (let tabs = 0; tabs < 250; tabs++) {
    if (await what.evaluate((one) => one === one.ownerDocument.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`no Tab leads to ${what}`);
}

export const HANDS: readonly Hands[] = [
  {
    name: 'a mouse',
    press: (_, what) => what.click(),
    choose: (_, row) => row.hover(),
    fill: async (page, field, text) => {
      await field.click();
      await field.selectText();
      await page.keyboard.insertText(text);
    },
  },
  {
    name: 'a keyboard',
    press: async (page, what) => {
      await reach(page, what);
      await page.keyboard.press('Enter');
    },
    choose: async (page, row) => {
      await row.waitFor();
      await reach(page, page.getByRole('grid').locator('tr[tabindex="0"]'));
      await page.keyboard.press('Home');
      for (let rows = 0; rows < 100; rows++) {
        if (await row.evaluate((one) => one === one.ownerDocument.activeElement)) return;
        await page.keyboard.press('ArrowDown');
      }
      throw new Error(`no key leads to ${row}`);
    },
    fill: async (page, field, text) => {
      await reach(page, field);
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.insertText(text);
    },
  },
];
