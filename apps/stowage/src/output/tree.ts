/** Something with others under it. */
export interface TreeNode {
  readonly label: string;
  readonly children?: readonly TreeNode[];
}

/** The lines of a tree, each node under its parent, joined to it by `├─` and `└─`. */
export function treeLines({ label, children = [] }: TreeNode): readonly string[] {
  return [label, ...children.flatMap((child, at) => branch(treeLines(child), at === children.length - 1))];
}

function branch([first = "", ...rest]: readonly string[], isLast: boolean): readonly string[] {
  return [`${isLast ? "└─" : "├─"} ${first}`, ...rest.map((line) => `${isLast ? "  " : "│ "} ${line}`)];
}
