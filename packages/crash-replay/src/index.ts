export { type CrashOptions, type CrashState, crashStates } from "./crash-states.ts";
export { type CrashModel } from "./effect.ts";
export {
  type AllocateCall,
  type AttributeChange,
  type AttributesCall,
  type DataCall,
  type Entry,
  type FileCall,
  type Inode,
  type LinkCall,
  type MakeCall,
  type Mark,
  type NameCall,
  type NewNode,
  type Owner,
  type RemoveCall,
  type RenameCall,
  rootInode,
  type SyncAllCall,
  type SyncCall,
  type TruncateCall,
  type WriteCall,
} from "./file-call.ts";
export { readTree } from "./read-tree.ts";
export { type Recording, type RecordOptions, recordFileCalls } from "./record-file-calls.ts";
export {
  type Attributes,
  type Directory,
  type FileNode,
  findNode,
  type SpecialNode,
  type TreeNode,
  walkTree,
} from "./tree.ts";
export { type WriteTreeOptions, writeTree } from "./write-tree.ts";
