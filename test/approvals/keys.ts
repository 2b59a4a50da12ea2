/** Public keys of the tests; nobody has their private halves any more. */
export const keys = {
  ed25519: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINNipSWJ3x50f5PW1Mh6msT0UEKHjQUsKKbsdn6ZuCo8',
  ed25519Other: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIENhD2eRtkpyEGIrqc+SjEyXawxmp+QKIT47AlULg+3H',
  rsa:
    'ssh-rsa ' +
    'AAAAB3NzaC1yc2EAAAADAQABAAABAQC2ghFeIIzi13atISB4DsdEoB/UmFQ0756xTb84adZEM4AefCRZ6JYokXzwzSLz6nsonueM' +
    'VrbN22LKMTwfC8+RgwHgu46tPv8gt1M1NJPLADfBwA+5q8grKv7Fj1uMxsLgUxCEUCT1kca4FVf2Yx12jCskuvd7owgUUPAeI5a9' +
    'CjuLZ93jolDeTIvcvVLx4Qt94cGsODmBEaWuXrYBZ1BwTVZE9De7W1BOoNbPdO0kHXPOmvxBXRmoUXnwN9FqwWuxSc+XS+tYUeQz' +
    '9C0IIyZGr9mR3qqdxjarIIM4486FbkzinCZribAk35tpmidK4+24Gyx9+vL7CN4niQhFcoDz',
  ecdsa:
    'ecdsa-sha2-nistp256 ' +
    'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDmTEHIVi3dC6dwxi1DbrVm/QAGLBYjSVsCiViZl5SS4DqTD' +
    'A68cg+AGfTz5suzfVFvgssJQC8888Dfkp3wzkMA=',
  ecdsa521:
    'ecdsa-sha2-nistp521 ' +
    'AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAFsYU9Mp2AOwcP20q1bMn7pbPdL69lKx/c4AM41Ky2DIHvU' +
    '7FqNxsU3uy4mcMV6lNkN6vEYzJH+8z0zhLakYuGjhgFeyPefbDmhDfWmLOmx7RexNoQ+DvjJKQoJK6xWNOZ7XIAaMG2ohDZmVo5p' +
    'Z6k6diOxCExErrxBSSm8Z3g7TW91TA==',
} as const;
