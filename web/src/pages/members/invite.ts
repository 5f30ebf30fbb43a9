/** The code of an invite: the last part of its link, whose parts before it are for devices; or what was typed alone. */
export function codeOf(link: string): string {
  return link.trim().split(/[#.]/).at(-1) ?? '';
}
