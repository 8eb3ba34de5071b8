/* SPDX-License-Identifier: MIT */
/*
 * vfork returns twice into one stack frame, so it cannot be wrapped by a
 * function that has one. The return address waits in a register, which the
 * kernel preserves, while the child runs on this stack (as libc's own does).
 */
	.text
	.globl	vfork
	.type	vfork, @function
vfork:
	.cfi_startproc
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	call	hw_process_vfork_begins
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	popq	%rdi
	.cfi_adjust_cfa_offset -8
	.cfi_register %rip, %rdi
	movl	$58, %eax
	syscall
	pushq	%rdi
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rip, 0
	testq	%rax, %rax
	jz	1f
	/* In the parent: the child has gone its own way. */
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	movq	%rsp, %rsi
	pushq	%rax
	.cfi_adjust_cfa_offset 8
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	movq	%rax, %rdi
	call	hw_process_vfork_ends
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	popq	%rax
	.cfi_adjust_cfa_offset -8
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	testq	%rax, %rax
	js	2f
1:	ret
2:	negq	%rax
	pushq	%rax
	.cfi_adjust_cfa_offset 8
	call	*__errno_location@GOTPCREL(%rip)
	popq	%rdx
	.cfi_adjust_cfa_offset -8
	movl	%edx, (%rax)
	movl	$-1, %eax
	ret
	.cfi_endproc
	.size	vfork, .-vfork
	.globl	__vfork
	.set	__vfork, vfork
	.section .note.GNU-stack, "", @progbits
