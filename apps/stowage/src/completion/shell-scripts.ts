/** The script of each shell. All that can be typed the command itself says, by its hidden verb `__complete`. */
export const shellScripts = {
  bash: `# bash completion for stowage; put it into /usr/share/bash-completion/completions/stowage,
# or: source <(stowage completion bash)
_stowage() {
  local line=\${COMP_LINE:0:COMP_POINT} words current kept reply directive
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=\${words[-1]}
  mapfile -t reply < <(stowage __complete -- "\${words[@]:1}" 2>/dev/null)
  [[ \${#reply[@]} -eq 0 ]] && return
  directive=\${reply[-1]}
  unset 'reply[-1]'
  COMPREPLY=("\${reply[@]%%$'\\t'*}")
  # readline completes what comes after the last of these only
  if [[ $COMP_WORDBREAKS == *:* ]]; then
    kept=\${current%"\${current##*[:=]}"}
    COMPREPLY=("\${COMPREPLY[@]#"$kept"}")
  fi
  case $directive in
    :files) compopt -o default 2>/dev/null; COMPREPLY=() ;;
    :directories) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
  esac
}
complete -F _stowage stowage
`,
  zsh: `#compdef stowage
# zsh completion for stowage; put it into a directory of $fpath as _stowage,
# or, after compinit: source <(stowage completion zsh)
_stowage() {
  local -a reply shown
  local line directive
  reply=("\${(@f)$(stowage __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  directive=$reply[-1]
  for line in "\${(@)reply[1,-2]}"; do
    shown+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  case $directive in
    (:files) _files ;;
    (:directories) _files -/ ;;
    (*) _describe -V stowage shown ;;
  esac
}
if [ "$funcstack[1]" = _stowage ]; then _stowage "$@"; else compdef _stowage stowage; fi
`,
  fish: `# fish completion for stowage; put it into ~/.config/fish/completions/stowage.fish,
# or: stowage completion fish | source
function __stowage_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l reply (stowage __complete -- $words[2..] 2>/dev/null)
    switch "$reply[-1]"
        case :files
            __fish_complete_path (commandline -ct)
        case :directories
            __fish_complete_directories (commandline -ct)
        case '*'
            string match -v ':*' -- $reply
    end
end
complete -c stowage -f -a '(__stowage_complete)'
`,
} as const;

export type Shell = keyof typeof shellScripts;
