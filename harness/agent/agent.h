/*
 * The agent: a small program that makes one end's socket calls, told what to
 * do line by line on standard input. It listens on no port of its own and
 * knows nothing of what is expected.
 *
 * It greets with "lastack-agent 1". Each command is one line and gets one
 * answer line "= TEXT"; a command with a leading '!' may block, and is
 * announced by a line "> VERB" just before the call is made. Of the commands
 * these are no acts of the case language:
 *
 *   use FAMILY ADDR PORT PEER-ADDR PEER-PORT N
 *		the addresses of this end and its peer, family 4 or 6; N
 *		connections, whose ports on the connecting side count up from
 *		its PORT; forgets all before ("reset" first)
 *   reset	closes every socket with an RST or nothing, in silence
 *   can WORD	"yes" or "no": whether it has that command, or property
 *
 * All else is an act carried out BY_AGENT, spelt as in script/verb.h. Answers:
 * "0", a number, "eof", an errno's name, poll events; what a successful call
 * answers is the verb's verb_gives. "ENOSYS" to what is no command, "EINVAL"
 * to one with arguments it does not take. With N connections an act is made on
 * each, and the answer is theirs when all agree, or "mixed FIRST SECOND" with
 * two that differ. The manual lastack-agent(7) has it for those who write one.
 */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

/* Serves standard input until it ends. Returns the exit status. */
int agent_main(void);

#endif
