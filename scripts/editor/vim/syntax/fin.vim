" The case language of lastack, see lastack-fin(5).
if exists("b:current_syntax")
  finish
endif

syn case match
syn match finComment "#.*$"
syn match finHead "^\s*\(case\|spec\|needs\|set\|sysctl\|deviates\|slow\)\>"
syn match finTitle "\(^case\s\+\)\@<=[^#]*"
syn match finStep "^\s*\(open\|pass\|quiet\|repeat\|either\)\>"
syn match finStep "^\s*}\s*or\>"
syn match finStep "\<\(within\|after\|until\|is\|returns\|count\|blocks\)\>"
syn match finSide "^\s*[AB]\>"
syn match finState "\<\(LISTEN\|SYN-SENT\|SYN-RECEIVED\|ESTABLISHED\|FIN-WAIT-[12]\|CLOSE-WAIT\|CLOSING\|LAST-ACK\|TIME-WAIT\|CLOSED\)\>"
syn match finArrow "-->\|<--\|\.\.\.\|--x\|x--\|==>\|<==\|\~\~>\|<\~\~"
syn match finFlags "\(\(-->\|<--\|\.\.\.\|\~\~>\|<\~\~\|<==\|x--\)\s\+\)\@<=[SFRPUEW]*\.\?\ze\s"
syn match finField "\<\(seq\|ack\|isn\|win\|mss\|sack\|sackok\|ts\|tsval\|tsecr\|wscale\)\>"
syn match finNumber "\<\d\+\(ns\|us\|ms\|s\|m\|x\)\?\>"
syn match finErrno "\<E[A-Z0-9]\{2,}\>"
syn match finId "\<\(RFC\d\+\|POSIX\|LINUX\|TC8\|FREEBSD\|WIN\)-[A-Za-z0-9._-]\+"

hi def link finComment Comment
hi def link finHead Keyword
hi def link finTitle Title
hi def link finStep Statement
hi def link finSide Identifier
hi def link finState Type
hi def link finArrow Operator
hi def link finFlags Special
hi def link finField Label
hi def link finNumber Number
hi def link finErrno Constant
hi def link finId Underlined

let b:current_syntax = "fin"
