/** Copies a text. False where the browser does not let the page: plain http in a network, or a person's refusal. */
export async function copy(text: string): Promise<boolean> {
  try {
    if (!navigator.clipboard) return false;
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
