/** The script of each shell. All that can be typed the command itself says, by its hidden verb `__complete`. */
export const shellScripts = {
  bash: `# bash completion for stowage; put it into /usr/share/bash-completion/completions/stowage,
# or: source <(stowage completion bash)
_stowage() {
  local line=\${COMP_LINE:0:COMP_POINT} word= words=() quote= at char option= breaks= kept reply directive
  # the words as the shell would read them, without running anything
  for ((at = 0; at < \${#line}; at++)); do
    char=\${line:at:1}
    if [[ $char == "$quote" ]]; then quote=
    elif [[ -z $quote && $char == [\\'\\"] ]]; then quote=$char
    elif [[ $char == \\\\ && $quote != "'" ]]; then ((++at)); word+=\${line:at:1}
    elif [[ -z $quote && $char == [[:space:]] ]]; then [[ -z $word ]] || words+=("$word"); word=
    else word+=$char
    fi
  done
  mapfile -t reply < <(stowage __complete -- "\${words[@]:1}" "$word" 2>/dev/null)
  [[ \${#reply[@]} -eq 0 ]] && return
  directive=\${reply[-1]}
  unset 'reply[-1]'
  COMPREPLY=("\${reply[@]%%$'\\t'*}")
  [[ $word == --*=* ]] && option=\${word%%=*}=
  case $directive in
    :files) compopt -o default 2>/dev/null; COMPREPLY=(); return ;;
    :directories)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -P "$option" -d -- "\${word#"$option"}") ;;
  esac
  # readline completes what comes after the last of these only, but for what is quoted
  [[ $COMP_WORDBREAKS == *:* ]] && breaks+=:
  [[ $COMP_WORDBREAKS == *=* ]] && breaks+==
  if [[ -n $breaks && -z $quote ]]; then
    kept=\${word%"\${word##*[$breaks]}"}
    COMPREPLY=("\${COMPREPLY[@]#"$kept"}")
  fi
}
complete -F _stowage stowage
`,
  zsh: `#compdef stowage
# zsh completion for stowage; put it into a directory of $fpath as _stowage,
# or, after compinit: source <(stowage completion zsh)
_stowage() {
  local -a reply shown
  local line directive
  reply=("\${(@f)$(stowage __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  directive=$reply[-1]
  for line in "\${(@)reply[1,-2]}"; do
    shown+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  case $directive in
    (:files) compset -P '--*='; _files ;;
    (:directories) compset -P '--*='; _files -/ ;;
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
    set -l option (string match -r -- '^--[^=]*=' $words[-1])
    set -l path (string replace -- "$option" '' $words[-1])
    switch "$reply[-1]"
        case :files
            __fish_complete_path "$path" | string replace -r '^' -- "$option"
        case :directories
            __fish_complete_directories "$path" | string replace -r '^' -- "$option"
        case '*'
            string match -v ':*' -- $reply
    end
end
complete -c stowage -f -a '(__stowage_complete)'
`,
} as const;

export type Shell = keyof typeof shellScripts;
