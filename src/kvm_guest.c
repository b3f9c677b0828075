// SPDX-License-Identifier: GPL-2.0-or-later
/* x86: a guest in protected mode without paging, whose physical memory is our memory. */
#include "kvm_guest.h"

#include <errno.h>

#ifdef __x86_64__

#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"

#define PAGE_BYTES 4096UL
#define CODE_ADDR 0x1000UL   /* of the guest */
#define MEMORY_ADDR 0x400000UL
#define TSS_ADDR 0xfffbd000UL /* three pages that Intel's processors want, where no memory is */
#define EXITS_MOST 16	      /* signals and the like, before the HLT */

/* ESI: the first page; ECX: how many. */
static const uint8_t code[] = {
	0x8a, 0x06,			    /* next: movb (%esi), %al */
	0x81, 0xc6, 0x00, 0x10, 0x00, 0x00, /* addl $4096, %esi */
	0x49,				    /* decl %ecx */
	0x75, 0xf5,			    /* jnz next */
	0xf4,				    /* hlt */
};

static int add_memory(int vm_fd, unsigned slot, uint64_t guest_addr, void *memory, size_t bytes)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .guest_phys_addr = guest_addr, .memory_size = bytes, .userspace_addr = (uintptr_t)memory,
	};

	return ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION, &region) < 0 ? -errno : 0;
}

static int set_registers(int vcpu_fd, size_t pages)
{
	const struct kvm_segment flat = { .limit = 0xffffffff, .selector = 16, .type = 3, .present = 1, .db = 1, .s = 1,
					  .g = 1 };
	struct kvm_regs regs = { .rip = CODE_ADDR, .rsi = MEMORY_ADDR, .rcx = pages, .rflags = 2 };
	struct kvm_sregs sregs;

	if (ioctl(vcpu_fd, KVM_GET_SREGS, &sregs) < 0)
		return -errno;
	sregs.cs = sregs.ds = sregs.es = sregs.ss = flat;
	sregs.cs.type = 11; /* code: execute, read, accessed */
	sregs.cs.selector = 8;
	sregs.cr0 |= 1; /* protected mode */
	if (ioctl(vcpu_fd, KVM_SET_SREGS, &sregs) < 0 || ioctl(vcpu_fd, KVM_SET_REGS, &regs) < 0)
		return -errno;
	return 0;
}

static int run_to_halt(int kvm_fd, int vcpu_fd)
{
	int bytes = ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0), result = -EPROTO;
	struct kvm_run *run;

	if (bytes < (int)sizeof(*run))
		return -EPROTO;
	run = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu_fd, 0);
	if (run == MAP_FAILED)
		return -errno;
	for (int i = 0; i < EXITS_MOST; i++) {
		if (ioctl(vcpu_fd, KVM_RUN, 0) < 0 && errno != EINTR && errno != EAGAIN) {
			result = -errno;
			break;
		}
		if (run->exit_reason == KVM_EXIT_HLT)
			result = 0;
		if (run->exit_reason != KVM_EXIT_INTR)
			break;
	}
	munmap(run, (size_t)bytes);
	return result;
}

static int run_guest(int kvm_fd, void *code_page, void *memory, size_t bytes)
{
	np_cleanup_close int vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0), vcpu_fd = -1;
	int result;

	if (vm_fd < 0)
		return -errno;
	ioctl(vm_fd, KVM_SET_TSS_ADDR, TSS_ADDR);
	result = add_memory(vm_fd, 0, CODE_ADDR, code_page, PAGE_BYTES);
	if (!result)
		result = add_memory(vm_fd, 1, MEMORY_ADDR, memory, bytes);
	if (result)
		return result;
	vcpu_fd = ioctl(vm_fd, KVM_CREATE_VCPU, 0);
	if (vcpu_fd < 0)
		return -errno;
	result = set_registers(vcpu_fd, bytes / PAGE_BYTES);
	return result ? result : run_to_halt(kvm_fd, vcpu_fd);
}

int np_kvm_guest_read(void *memory, size_t bytes)
{
	np_cleanup_close int kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	void *code_page;
	int result;

	if (kvm_fd < 0)
		return -errno;
	code_page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (code_page == MAP_FAILED)
		return -errno;
	memcpy(code_page, code, sizeof(code));
	result = run_guest(kvm_fd, code_page, memory, bytes);
	munmap(code_page, PAGE_BYTES);
	return result;
}

#else

int np_kvm_guest_read(void *memory, size_t bytes)
{
	(void)memory;
	(void)bytes;
	return -ENOTSUP;
}

#endif
