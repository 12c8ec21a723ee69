/* The agent as a program by itself, for a system that has nothing else. */
#include "agent/agent.h"

int main(void)
{
	return agent_main();
}
