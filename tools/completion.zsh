#compdef bitline
# completion.zsh - the completion of bash (completion.bash) in zsh: make writes it in the place of the line @BASH@.
autoload -Uz +X bashcompinit && bashcompinit
@BASH@
_bash_complete -o filenames -F _bitline
