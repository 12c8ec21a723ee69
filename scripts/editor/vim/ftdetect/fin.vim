autocmd BufRead,BufNewFile *.fin setfiletype fin
