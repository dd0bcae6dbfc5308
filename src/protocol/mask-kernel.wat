;; Masks the first $length octets of the memory, a multiple of 64, with the 32-bit $key, and tells which of 16 lanes
;; have seen an octet of 0x80 or above since.
(module
  (memory (export "memory") 1)
  (func (export "mask") (param $length i32) (param $key i32) (result i32)
    (local $at i32) (local $keys v128) (local $all v128) (local $block v128)
    (local.set $keys (i32x4.splat (local.get $key)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $length)))
        (v128.store (local.get $at)
          (local.tee $block (v128.xor (v128.load (local.get $at)) (local.get $keys))))
        (local.set $all (v128.or (local.get $all) (local.get $block)))
        (v128.store offset=16 (local.get $at)
          (local.tee $block (v128.xor (v128.load offset=16 (local.get $at)) (local.get $keys))))
        (local.set $all (v128.or (local.get $all) (local.get $block)))
        (v128.store offset=32 (local.get $at)
          (local.tee $block (v128.xor (v128.load offset=32 (local.get $at)) (local.get $keys))))
        (local.set $all (v128.or (local.get $all) (local.get $block)))
        (v128.store offset=48 (local.get $at)
          (local.tee $block (v128.xor (v128.load offset=48 (local.get $at)) (local.get $keys))))
        (local.set $all (v128.or (local.get $all) (local.get $block)))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $next)))
    (i8x16.bitmask (local.get $all))))
