/** Shells that the command line can be completed in. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/**
 * Writes the script that makes a shell complete `slipway`, called in whatever way. It asks the program at each tab, and
 * hands over what was typed as words, never as a text that a shell evaluates.
 */
export function completionScript(shell: Shell, program: string): string {
  return scripts[shell](quoted(program));
}

const scripts: Record<Shell, (program: string) => string> = {
  bash: (program) => `# Completion of slipway for bash. In ~/.bashrc: source <(./slipway completion bash)
_slipway() {
  local answer current=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  answer=$(${program} completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
  [ "$current" != = ] || current=
  case $answer in
    :files) compopt -o filenames 2>/dev/null; local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$current")) ;;
    :folders) compopt -o filenames 2>/dev/null; local IFS=$'\\n'; COMPREPLY=($(compgen -d -- "$current")) ;;
    *) local IFS=$'\\n'; COMPREPLY=($(cut -f 1 <<<"$answer")) ;;
  esac
}
complete -F _slipway slipway`,

  zsh: (program) => `#compdef slipway
# Completion of slipway for zsh. In ~/.zshrc, after compinit: source <(./slipway completion zsh)
_slipway() {
  local answer line
  local -a found
  answer=$(${program} completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null) || return 1
  case $answer in
    :files) compset -P '-*='; _files ;;
    :folders) compset -P '-*='; _files -/ ;;
    *)
      for line in "\${(@f)answer}"; do
        [[ -z $line ]] || found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
      done
      _describe slipway found
      ;;
  esac
}
compdef _slipway slipway`,

  fish: (program) => `# Completion of slipway for fish. In config.fish: ./slipway completion fish | source
function __slipway_complete
  set -l current (commandline --current-token)
  set -l before (commandline --tokenize --cut-at-cursor --current-process)
  set -l answer (${program} completion words -- $before[2..-1] "$current" 2>/dev/null)
  switch "$answer[1]"
    case :files
      __fish_complete_path "$current"
    case :folders
      __fish_complete_directories "$current"
    case '*'
      printf '%s\\n' $answer
  end
end
complete --command slipway --no-files --arguments '(__slipway_complete)'`,
};

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
