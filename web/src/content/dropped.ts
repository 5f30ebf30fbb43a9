// What a person dropped or chose: files, and folders with all that is in them.

/** One file, or one folder, to be uploaded. */
export interface Dropped {
  name: string;
  /** The path of each file in the folder; that of a single file is its name. */
  files: { path: string; file: File }[];
  folder: boolean;
}

/** More files than this in one folder are refused, before they fill the memory of the tab. */
export const MOST_FILES = 100_000;

/** Files that were chosen in a dialog. Those of a folder carry their paths, which begin with its name. */
export function ofChosen(files: readonly File[]): Dropped[] {
  const folders = new Map<string, Dropped>();
  const alone: Dropped[] = [];
  for (const file of files) {
    const [name = file.name, ...rest] = (file.webkitRelativePath || file.name).split('/');
    if (rest.length === 0) {
      alone.push(single(name, file));
      continue;
    }
    const folder = folders.get(name) ?? { name, files: [], folder: true };
    folder.files.push({ path: rest.join('/'), file });
    folders.set(name, folder);
  }
  return [...alone, ...folders.values()];
}

/** What was dropped. It is to be called while the event is handled: afterwards the browser forgets it. */
export function ofDrop(transfer: DataTransfer): Promise<Dropped[]> {
  const dropped = [...transfer.items].map((item): Promise<Dropped> | Dropped | undefined => {
    const entry = item.webkitGetAsEntry();
    if (entry) return one(entry);
    // What no file system holds, as an image that is dragged out of another program.
    const file = item.getAsFile();
    return file ? single(file.name, file) : undefined;
  });
  return Promise.all(dropped.filter((one) => one !== undefined));
}

function single(name: string, file: File): Dropped {
  return { name, files: [{ path: name, file }], folder: false };
}

async function one(entry: FileSystemEntry): Promise<Dropped> {
  if (isFile(entry)) return single(entry.name, await fileOf(entry));
  const files: Dropped['files'] = [];
  await walk(entry as FileSystemDirectoryEntry, '', files);
  return { name: entry.name, files, folder: true };
}

async function walk(folder: FileSystemDirectoryEntry, path: string, files: Dropped['files']): Promise<void> {
  const reader = folder.createReader();
  // Browsers give a hundred at a time, and none at the end.
  for (;;) {
    const page = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (page.length === 0 || files.length > MOST_FILES) return;
    for (const entry of page) {
      const at = path ? `${path}/${entry.name}` : entry.name;
      if (isFile(entry)) files.push({ path: at, file: await fileOf(entry) });
      else await walk(entry as FileSystemDirectoryEntry, at, files);
    }
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
