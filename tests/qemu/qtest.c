/* SPDX-License-Identifier: MIT */
#include "qtest.h"
#include "test.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000
#define FIRST_FREE  16 /* file descriptors from here on do not collide with the child's */

#define SOCKET_FD   3 /* in the child; RAM and firmware follow, see qtest.h */
#define RAM_FD	    4
#define FIRMWARE_FD 5

/* Shows what QEMU printed, and fails the test. */
static void give_up(struct qtest *qtest, const char *why)
{
	char text[1024];
	ssize_t got = pread(qtest->log, text, sizeof(text) - 1, 0);

	if (got > 0)
		fprintf(stderr, "QEMU said: %.*s\n", (int)got, text);
	qtest_stop(qtest);
	test_fail(__FILE__, __LINE__, "QEMU: %s", why);
}

/* What the child does until it is QEMU. It dies with the test. */
static void become(const char *const argv[], const int fds[4], pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	dup2(fds[3], STDOUT_FILENO);
	dup2(fds[3], STDERR_FILENO);
	for (int i = 0; i < 3; i++) {
		if (fds[i] >= 0)
			dup2(fds[i], SOCKET_FD + i);
	}
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static int moved_up(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE);

	CHECK(moved >= 0);
	close(fd);
	return moved;
}

int qtest_file(const char *name, uint64_t bytes)
{
	int file = moved_up(memfd_create(name, MFD_CLOEXEC));

	CHECK(!ftruncate(file, (off_t)bytes));
	return file;
}

/* The program's exit status and the start of its output. */
static int run(const char *const argv[], char *output, size_t size)
{
	int fds[4] = {-1, -1, -1, qtest_file("output", 0)}, status = 0;
	pid_t parent = getpid(), pid = fork();
	ssize_t got;

	CHECK(pid >= 0);
	if (!pid) {
		alarm(PATIENCE_MS / 1000);
		become(argv, fds, parent);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	got = pread(fds[3], output, size - 1, 0);
	output[got > 0 ? got : 0] = '\0';
	close(fds[3]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

const char *qtest_version(const char *program)
{
	const char *const argv[] = {program, "--version", NULL};
	static char version[32];
	char output[256];
	int status = run(argv, output, sizeof(output));

	if (status == 127) {
		fprintf(stderr, "SKIPPED: %s is not installed\n", program);
		return NULL;
	}
	CHECK_INT(status, 0);
	CHECK_MSG(sscanf(output, "QEMU emulator version %31[0-9.]", version) == 1,
		  "%s --version says %s", program, output);
	return version;
}

void qtest_start(struct qtest *qtest, const char *const argv[], int ram, int firmware)
{
	pid_t parent = getpid();
	int ends[2], fds[4];

	qtest_stop(qtest);
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	qtest->socket = moved_up(ends[0]);
	qtest->log = qtest_file("log", 0);
	qtest->held = 0;
	qtest->posted = 0;
	fds[0] = moved_up(ends[1]);
	fds[1] = ram;
	fds[2] = firmware;
	fds[3] = qtest->log;
	qtest->pid = fork();
	CHECK(qtest->pid >= 0);
	if (!qtest->pid)
		become(argv, fds, parent);
	close(fds[0]);
}

void qtest_stop(struct qtest *qtest)
{
	if (!qtest->pid)
		return;
	kill(qtest->pid, SIGKILL);
	waitpid(qtest->pid, NULL, 0);
	close(qtest->socket);
	close(qtest->log);
	qtest->pid = 0;
}

static void send_line(struct qtest *qtest, const char *line, size_t length)
{
	while (length) {
		ssize_t sent = send(qtest->socket, line, length, MSG_NOSIGNAL);

		if (sent <= 0)
			give_up(qtest, "it ended");
		line += sent;
		length -= (size_t)sent;
	}
}

/* Waits for one line. */
static void receive_line(struct qtest *qtest, char *line, size_t size)
{
	char *end;

	while (!(end = memchr(qtest->text, '\n', qtest->held))) {
		struct pollfd ready = {.fd = qtest->socket, .events = POLLIN};
		ssize_t got;

		if (qtest->held == sizeof(qtest->text))
			give_up(qtest, "a line without end");
		if (poll(&ready, 1, PATIENCE_MS) <= 0)
			give_up(qtest, "no answer");
		got = recv(qtest->socket, qtest->text + qtest->held,
			   sizeof(qtest->text) - qtest->held, 0);
		if (got <= 0)
			give_up(qtest, "it ended");
		qtest->held += (size_t)got;
	}
	snprintf(line, size, "%.*s", (int)(end - qtest->text), qtest->text);
	end++;
	qtest->held -= (size_t)(end - qtest->text);
	memmove(qtest->text, end, qtest->held);
}

/* Sends one command. */
__attribute__((format(printf, 2, 3))) static void post(struct qtest *qtest, const char *format, ...)
{
	char line[sizeof(qtest->text)];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	send_line(qtest, line, (size_t)length);
	qtest->posted++;
}

/* Waits for all answers; returns the value in the last one, 0 when there is none. */
static uint64_t answer(struct qtest *qtest)
{
	char line[sizeof(qtest->text)];

	while (qtest->posted) {
		receive_line(qtest, line, sizeof(line));
		if (strncmp(line, "OK", 2))
			give_up(qtest, line);
		qtest->posted--;
	}
	return strtoull(line + 2, NULL, 0);
}

uint32_t qtest_readl(struct qtest *qtest, uint64_t addr)
{
	post(qtest, "readl 0x%" PRIx64 "\n", addr);
	return (uint32_t)answer(qtest);
}

uint64_t qtest_readq(struct qtest *qtest, uint64_t addr)
{
	post(qtest, "readq 0x%" PRIx64 "\n", addr);
	return answer(qtest);
}

void qtest_writel(struct qtest *qtest, uint64_t addr, uint32_t value)
{
	post(qtest, "writel 0x%" PRIx64 " 0x%" PRIx32 "\n", addr, value);
	answer(qtest);
}

void qtest_writeq(struct qtest *qtest, uint64_t addr, uint64_t value)
{
	qtest_post_writeq(qtest, addr, value);
	answer(qtest);
}

void qtest_post_writeq(struct qtest *qtest, uint64_t addr, uint64_t value)
{
	post(qtest, "writeq 0x%" PRIx64 " 0x%" PRIx64 "\n", addr, value);
}

uint32_t qtest_inl(struct qtest *qtest, uint16_t port)
{
	post(qtest, "inl 0x%x\n", port);
	return (uint32_t)answer(qtest);
}

void qtest_outl(struct qtest *qtest, uint16_t port, uint32_t value)
{
	post(qtest, "outl 0x%x 0x%" PRIx32 "\n", port, value);
	answer(qtest);
}
